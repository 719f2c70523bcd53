"""Folders and zips look the same, and damaged or hostile zips are refused."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from matchcut.datasets.archives import Archive
from matchcut.datasets.games import game_list, members_by_game
from matchcut.errors import InputError, SettingsError


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def make_tree(path: Path, members: dict[str, bytes]) -> Path:
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


MEMBERS = {"b/x.json": b'{"a": 1}', "a/Köln – é/y.json": b"[]", "top.txt": b"t"}


def test_a_tree_and_a_zip_are_the_same(tmp_path: Path) -> None:
    tree = Archive(make_tree(tmp_path / "a tree", MEMBERS))
    with Archive(make_zip(tmp_path / "z.bin", MEMBERS)) as packed:
        assert tree.names == packed.names == tuple(sorted(MEMBERS))
        for name, data in MEMBERS.items():
            assert tree.read(name) == packed.read(name) == data
            assert name in tree
            assert name in packed
        assert packed.read_json("b/x.json") == {"a": 1}


def test_names_are_found_however_they_were_stored(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Köln/x.json")
    assert Archive(make_zip(tmp_path / "mac.zip", {decomposed: b""})).names == ("Köln/x.json",)
    assert Archive(make_zip(tmp_path / "windows.zip", {"a\\b\\x.json": b""})).names == ("a/b/x.json",)
    # UTF-8 stored without the flag that says so, as Info-ZIP does on Linux.
    made = make_zip(tmp_path / "linux.zip", {"K__ln/x.json": b"1"}).read_bytes()
    (tmp_path / "linux.zip").write_bytes(made.replace(b"K__ln", "Köln".encode()))
    archive = Archive(tmp_path / "linux.zip")
    assert archive.names == ("Köln/x.json",)
    assert "Köln/x.json" in archive


def test_links_to_folders_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    make_tree(tmp_path / "elsewhere", {"game/x.json": b"1"})
    tree = make_tree(tmp_path / "tree", {"y.json": b"2"})
    (tree / "league").symlink_to(tmp_path / "elsewhere")
    (tree / "loop").symlink_to(tree)
    assert Archive(tree).names == ("league/game/x.json", "y.json")


@pytest.mark.parametrize("name", ["../x.json", "/etc/x.json", "a/../../x.json", "..\\x.json", "C:/x.json"])
def test_paths_that_climb_out_are_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "z.zip", {name: b"1"})
    with pytest.raises(InputError, match="leads out of the archive"):
        _ = Archive(path).names


def test_a_missing_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Archive(tmp_path / "none.zip")


@pytest.mark.parametrize("data", [b"", b"PK", b"\x00" * 100, b"not a zip"])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "z.zip").write_bytes(data)
    with pytest.raises(InputError, match="neither a folder nor a whole zip"):
        Archive(tmp_path / "z.zip")


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    data = make_zip(tmp_path / "z.zip", {"a/x.json": b"0123456789" * 30}).read_bytes()
    for end in range(0, len(data), 7):
        (tmp_path / "cut.zip").write_bytes(data[:end])
        with pytest.raises(InputError):
            Archive(tmp_path / "cut.zip").read("a/x.json")


def test_damage_inside_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"a/x.json": bytes(range(256)) * 4})
    data = bytearray(path.read_bytes())
    data[60:70] = b"\xff" * 10
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be unpacked"):
        Archive(path).read("a/x.json")


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"a/x.json": b"secret"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"is encrypted\. Unpack it"):
        Archive(path).read("a/x.json")


def test_members_that_claim_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchcut.datasets.archives.LARGEST_MEMBER", 1000)
    path = make_zip(tmp_path / "bomb.zip", {"a/x.json": b"0" * 5000})
    with pytest.raises(InputError, match="would unpack to"):
        Archive(path).read("a/x.json")


def test_a_member_without_a_name_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"1")
        archive.writestr("yy", b"2")
    # Python's own writer refuses an empty name; in the directory the two letters become the next field.
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 28 : place + 34] = (0).to_bytes(2, "little") + (2).to_bytes(2, "little") + bytes(2)
    path.write_bytes(data)
    assert Archive(path).names == ("x",)


def test_members_that_are_not_there(tmp_path: Path) -> None:
    for path in (make_zip(tmp_path / "z.zip", MEMBERS), make_tree(tmp_path / "t", MEMBERS)):
        with pytest.raises(InputError, match=r"holds no c/x\.json"):
            Archive(path).read("c/x.json")


def test_a_member_is_named_with_its_archive(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"a/x.json": b"{"})
    with pytest.raises(InputError, match=r"z\.zip/a/x\.json: not JSON"):
        Archive(path).read_json("a/x.json")


def test_games_lie_under_any_top_folder(tmp_path: Path) -> None:
    game = "league/2016-2017/a - b"
    for top in ("", "top/", "home/user/data/"):
        names = {f"{top}{game}/L.json": b"", "__MACOSX/._L.json": b"", "other.json": b""}
        assert list(members_by_game(Archive(make_zip(tmp_path / "z.zip", names)), "L.json")) == [game]
    assert list(members_by_game(Archive(make_tree(tmp_path / "one game", {"L.json": b""})), "L.json")) == [
        "one game"
    ]


def test_a_game_that_is_there_twice(tmp_path: Path) -> None:
    game = "league/2016-2017/a - b/L.json"
    path = make_zip(tmp_path / "z.zip", {f"one/{game}": b"", f"two/{game}": b""})
    with pytest.raises(InputError, match="twice"):
        members_by_game(Archive(path), "L.json")


def test_the_official_lists() -> None:
    sizes = {split: len(game_list(split)) for split in ("train", "valid", "test", "challenge", "all")}
    assert sizes == {"train": 300, "valid": 100, "test": 100, "challenge": 50, "all": 550}
    assert len(set(game_list("all"))) == 550
    assert all(game.count("/") == 2 for game in game_list("all"))
    assert game_list("valid")[0] == "england_epl/2014-2015/2015-04-11 - 19-30 Burnley 0 - 1 Arsenal"


@pytest.mark.parametrize(
    "text",
    [
        '["l/s/one", "l/s/two"]',
        '{"valid": ["l/s/one"], "train": ["l/s/two"]}',
        '{"l": {"s": ["one", "two"]}}',
        '["l/s/one", "l\\\\s\\\\two", "l/s/one/"]',
    ],
)
def test_lists_of_ones_own(tmp_path: Path, text: str) -> None:
    (tmp_path / "games.json").write_text(text, encoding="utf-8")
    assert game_list(tmp_path / "games.json") == ["l/s/one", "l/s/two"]


@pytest.mark.parametrize("text", ["{}", "[]", "[1]", '{"a": 3}', '{"a": {"b": {"c": {"d": []}}}}', '"x"', ""])
def test_lists_of_another_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "games.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        game_list(tmp_path / "games.json")


def test_an_unknown_split() -> None:
    with pytest.raises(SettingsError, match="there is no split 'vaild'"):
        game_list("vaild")
