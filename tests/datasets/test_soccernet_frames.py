"""SoccerNet-v3's images: read straight from the zips, split by game, and everything that is wrong listed."""

from __future__ import annotations

import io
import json
import multiprocessing
import pickle
import re
import struct
import warnings
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchcut.datasets.soccernet_frames import (
    FRAMES,
    LABELS,
    SoccerNetFrames,
    hash_split,
    image_table,
    official_splits,
    read_soccernet_frames,
    read_splits,
    rgb_pixels,
)
from matchcut.datasets.soccernet_frames import zips as zips_module
from matchcut.datasets.soccernet_frames.labels import read_game_labels
from matchcut.datasets.soccernet_frames.pixels import check_image
from matchcut.errors import InputError, SettingsError
from matchcut.sport import soccer

TRAIN = "england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley"
VALID = "england_epl/2014-2015/2015-04-11 - 19-30 Burnley 0 - 1 Arsenal"
TEST = "england_epl/2014-2015/2015-05-17 - 18-00 Manchester United 1 - 1 Arsenal"


def pixels_of(seed: int, side: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side + 8, 3), np.uint8)


def png(value: np.ndarray | Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    picture = value if isinstance(value, Image.Image) else Image.fromarray(value)
    picture.save(out, kind, **how)
    return out.getvalue()


def action(
    label: str | None, *replays: str, half: Any = 1, position: Any = 61_000, **more: Any
) -> dict[str, Any]:
    told = {"imageType": "action", "half": half, "position": position, "width": 32, "height": 24, **more}
    return {
        "imageMetadata": told if label is None else {**told, "label": label},
        "linked_replays": list(replays),
        "bboxes": [],
        "lines": [],
    }


def replay(of: str | None, **more: Any) -> dict[str, Any]:
    told = {"imageType": "replay", "replayPosition": 75_500, **more}
    return {"imageMetadata": told, "bboxes": [], "lines": []} | ({"linked_action": of} if of else {})


def write_game(
    root: Path,
    game: str,
    members: dict[str, bytes],
    actions: dict[str, Any],
    replays: dict[str, Any] | None = None,
    how: int = zipfile.ZIP_DEFLATED,
) -> Path:
    folder = root / game
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / FRAMES, "w", how) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    head = {"UrlLocal": game, "list_actions": list(actions)}
    (folder / LABELS).write_text(
        json.dumps({"GameMetadata": head, "actions": actions, "replays": replays or {}})
    )
    return folder


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for number, game in enumerate((TRAIN, VALID, TEST)):
        names = ["0.png", "1.png", "10.png", "2.png", "1_1.png", "1_2.png"]
        members = {name: png(pixels_of(10 * number + place)) for place, name in enumerate(names)}
        actions = {
            "0.png": action("Corner"),
            "1.png": action("Goal", "1_1.png", "1_2.png", half=2, position="130500"),
            "2.png": action("Foul"),
            "10.png": action("Corner"),
        }
        write_game(tmp_path, game, members, actions, {"1_1.png": replay("1.png"), "1_2.png": replay("1.png")})
    return tmp_path


def test_actions_and_replays_with_their_actions_label(three: Path) -> None:
    frames = read_soccernet_frames(three)
    assert len(frames.images) == 18
    assert frames.skipped == ()
    assert frames.labels == ("Goal", "Foul", "Corner")  # in the sport's order
    assert frames.splits == ("train", "valid", "test")
    assert [image.name for image in frames.of("train")] == [
        *("0.png", "1.png", "1_1.png", "1_2.png", "2.png", "10.png")
    ]
    goal, again = frames.of("test")[1:3]
    assert (goal.game, goal.label, goal.half, goal.time, goal.replay, goal.action) == (
        *(TEST, "Goal", 2, 130.5, False, "1"),
    )
    assert (again.label, again.half, again.time, again.replay, again.action, again.shown) == (
        *("Goal", 2, 130.5, True, "1", 75.5),
    )
    assert again.key == f"{TEST}/1_1.png"
    assert frames.counts() == {s: {"Goal": 3, "Foul": 1, "Corner": 2} for s in frames.splits}
    assert frames.counts(replays=True)["valid"] == {"Goal": 2, "Foul": 0, "Corner": 0}
    assert np.array_equal(frames.pixels(goal), pixels_of(21))


def test_images_are_read_by_threads_processes_and_after_pickling(three: Path) -> None:
    frames = read_soccernet_frames(three)
    truth = {image.key: frames.pixels(image) for image in frames.images}
    with ThreadPoolExecutor(8) as pool:
        for image, got in zip(frames.images * 6, pool.map(frames.pixels, frames.images * 6), strict=True):
            assert np.array_equal(got, truth[image.key])
    copy: SoccerNetFrames = pickle.loads(pickle.dumps(frames))  # noqa: S301
    assert np.array_equal(copy.pixels(frames.images[3]), truth[frames.images[3].key])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        got = pool.map(copy.pixels, frames.images[:2])
    assert all(np.array_equal(one, truth[i.key]) for one, i in zip(got, frames.images, strict=False))


def test_nothing_is_unpacked_and_no_file_stays_open(three: Path) -> None:
    before = sorted(three.rglob("*"))
    frames = read_soccernet_frames(three, check="pixels")
    for path in three.rglob(FRAMES):
        moved = path.with_suffix(".moved")
        path.rename(moved)  # an open handle would go on reading
        with pytest.raises(InputError, match="no such file"):
            frames.pixels(next(i for i in frames.images if i.game in str(path)))
        moved.rename(path)
    assert sorted(three.rglob("*")) == before


def test_a_stored_zip_and_folders_inside(tmp_path: Path) -> None:
    members = {"Frames-v3/0.png": png(pixels_of(1)), "__MACOSX/Frames-v3/._0.png": b"x", "read.txt": b"hello"}
    write_game(tmp_path, TRAIN, members, {"0.png": action("Goal")}, how=zipfile.ZIP_STORED)
    frames = read_soccernet_frames(tmp_path)
    assert [image.name for image in frames.images] == ["0.png"]
    assert np.array_equal(frames.pixels(frames.images[0]), pixels_of(1))


def test_a_name_of_composed_letters_is_found_however_it_was_stored(tmp_path: Path) -> None:
    decomposed = "spain_laliga/2016-2017/2016-10-01 - 17-00 Ma\u0301laga 2 - 1 Le\u0301ganes"
    write_game(tmp_path, decomposed, {"0.png": png(pixels_of(1))}, {"0.png": action("Goal")})
    frames = read_soccernet_frames(tmp_path, splits="hash")
    assert frames.images[0].game.endswith("M\u00e1laga 2 - 1 L\u00e9ganes")
    assert frames.pixels(frames.images[0]).shape == (24, 32, 3)


def test_one_games_or_one_leagues_folder_keeps_the_games_whole_name(three: Path) -> None:
    for below in (TRAIN, TRAIN.split("/")[0], "/".join(TRAIN.split("/")[:2])):
        frames = read_soccernet_frames(three / below, games=[TRAIN])
        assert {(image.game, image.split) for image in frames.images} == {(TRAIN, "train")}


# Splits


def test_the_official_lists_are_whole_and_apart() -> None:
    splits = list(official_splits().values())
    assert [splits.count(s) for s in ("train", "valid", "test", "challenge")] == [290, 55, 55, 43]


def test_a_game_is_in_one_split_with_all_its_images(three: Path) -> None:
    for how in ("official", "hash", "v2"):
        frames = read_soccernet_frames(three, splits=how)
        for game in (TRAIN, VALID, TEST):
            assert len({image.split for image in frames.images if image.game == game}) == 1
    assert "SoccerNet-v3" in read_soccernet_frames(three).split_by


def test_splits_by_file_folder_and_rule(three: Path, tmp_path: Path) -> None:
    lists = tmp_path / "mine.json"
    lists.write_text(
        json.dumps({"a": [TRAIN, VALID], "b": {"england_epl": {"2014-2015": [TEST.split("/")[-1]]}}})
    )
    assert read_splits(lists) == {TRAIN: "a", VALID: "a", TEST: "b"}
    frames = read_soccernet_frames(three, splits=lists)
    assert frames.splits == ("a", "b")
    assert "no image is in split train or valid or test" in frames.notes[0]
    (three / "splits.json").write_text(json.dumps({"train": [TRAIN], "test": [VALID]}))
    frames = read_soccernet_frames(three)
    assert {image.game for image in frames.of("test")} == {VALID}
    assert [(s.kind, s.what) for s in frames.skipped] == [("refused", TEST)]
    (three / "splits.json").unlink()
    by_rule = read_soccernet_frames(three, splits="hash")
    assert all(image.split == hash_split(image.game) for image in by_rule.images)


def test_splits_by_folders(tmp_path: Path) -> None:
    for split, game in (("train", "a/b/c"), ("Valid", "a/b/d"), ("test", "a/b/e")):
        write_game(tmp_path / split, game, {"0.png": png(pixels_of(len(split)))}, {"0.png": action("Goal")})
    frames = read_soccernet_frames(tmp_path)
    assert {image.game: image.split for image in frames.images} == {
        "a/b/c": "train",
        "a/b/d": "valid",
        "a/b/e": "test",
    }
    with pytest.raises(InputError, match="no folder above its leagues"):
        read_soccernet_frames(tmp_path / "train", splits="folders")


@given(st.text(min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_rule_is_by_name_alone(game: str) -> None:
    assert hash_split(game) == hash_split(game) in ("train", "valid", "test")


def test_the_rules_shares() -> None:
    got = [hash_split(f"league/season/{number}") for number in range(4000)]
    assert got.count("test") / 4000 == pytest.approx(0.1375, abs=0.02)
    assert got.count("valid") / 4000 == pytest.approx(0.1375, abs=0.02)


def test_a_game_in_two_splits_is_refused(three: Path, tmp_path: Path) -> None:
    lists = tmp_path / "both.json"
    lists.write_text(json.dumps({"train": [TRAIN], "test": [TRAIN]}))
    with pytest.raises(InputError, match="in two splits, train and test"):
        read_soccernet_frames(three, splits=lists)
    write_game(tmp_path / "test", TRAIN, {"0.png": png(pixels_of(1))}, {"0.png": action("Goal")})
    with pytest.raises(InputError, match="twice"):
        read_soccernet_frames(tmp_path)


def test_a_copy_of_a_game_under_another_name_is_left_out(three: Path) -> None:
    copy = three / "england_epl/2014-2015/zz copy"
    (three / TEST).rename(copy)
    (three / TEST).mkdir()
    for name in (FRAMES, LABELS):
        (three / TEST / name).write_bytes((copy / name).read_bytes())
    frames = read_soccernet_frames(three, splits="hash")
    assert [s.what for s in frames.skipped] == ["england_epl/2014-2015/zz copy"]
    assert "same game" in frames.skipped[0].why


def test_the_same_file_in_two_splits_is_told(three: Path) -> None:
    same = png(pixels_of(0))  # the training game's first image
    write_game(three, "a/b/other", {"5.png": same}, {"5.png": action("Foul")})
    lists = three / "splits.json"
    lists.write_text(json.dumps({"train": [TRAIN, VALID], "test": [TEST, "a/b/other"]}))
    frames = read_soccernet_frames(three)
    ((one, other),) = frames.copies()
    assert {one.split, other.split} == {"train", "test"}
    assert any("two splits as the same file" in note for note in frames.notes)


@pytest.mark.parametrize("text", ["[]", "{}", '{"train": 5}', '{"train": [1]}', "x"])
def test_splits_of_another_shape(three: Path, text: str) -> None:
    (three / "splits.json").write_text(text)
    with pytest.raises(InputError, match=r"splits\.json"):
        read_soccernet_frames(three)


def test_settings_that_do_not_exist(three: Path) -> None:
    with pytest.raises(SettingsError, match="no way of splitting 'nonsense'"):
        read_soccernet_frames(three, splits="nonsense")
    with pytest.raises(SettingsError, match="no check"):
        read_soccernet_frames(three, check="all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="There are: train, valid, test"):
        read_soccernet_frames(three).of("challenge")
    with pytest.raises(InputError, match="has nothing of 1 games"):
        read_soccernet_frames(three, games=["a/b/c"])


def test_no_such_folder_and_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_soccernet_frames(tmp_path / "none")
    with pytest.raises(InputError, match="holds no Frames-v3"):
        read_soccernet_frames(tmp_path)
    (tmp_path / "f").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        read_soccernet_frames(tmp_path / "f")


# What is missing, broken or unlabelled


def kinds(frames: SoccerNetFrames) -> set[tuple[str, str]]:
    return {(skip.kind, skip.what.removeprefix(TRAIN).strip("/")) for skip in frames.skipped}


def test_missing_broken_and_unlabelled_images_are_counted_and_listed(tmp_path: Path) -> None:
    whole = png(pixels_of(1))
    members = {
        "0.png": whole,
        "1.png": whole[: len(whole) // 2],
        "2.png": b"no image",
        "3.png": b"",
        "4.png": png(pixels_of(4)),
        "5.png": png(pixels_of(5)),
        "6.png": png(pixels_of(6)),
        "6_1.png": png(pixels_of(7)),
        "7_1.png": png(pixels_of(8)),
    }
    actions = {
        **{f"{number}.png": action("Goal") for number in (0, 1, 2, 3, 9)},
        "4.png": action(None),
        "5.png": action("Sneeze"),
    }
    replays = {"7_1.png": replay("7.png"), "9_1.png": replay(None)}
    write_game(tmp_path, TRAIN, members, actions, replays)
    frames = read_soccernet_frames(tmp_path, check="pixels")
    assert [image.name for image in frames.images] == ["0.png"]
    assert kinds(frames) == {
        *{("broken", "1.png"), ("broken", "2.png"), ("broken", "3.png"), ("missing", "9.png")},
        *{("missing", "9_1.png"), ("unlabelled", "4"), ("unlabelled", "5"), ("unlabelled", "7_1")},
        *{("unlabelled", "6"), ("unlabelled", "6_1")},
    }
    why = {skip.what.rsplit("/", 1)[-1]: skip.why for skip in frames.skipped}
    assert why["4"] == "has no label"
    assert "no action 'Sneeze'" in why["5"]
    assert "'7.png'" in why["7_1"]
    assert "don't name it" in why["6"]
    assert frames.skipped_counts() == {"missing": 2, "broken": 3, "unlabelled": 5, "refused": 0}
    assert "2 missing, 3 broken, 5 unlabelled" in frames.notes[0]
    told = image_table(frames)
    assert told.count("\n") == 1 + 1 + len(frames.skipped)
    assert json.dumps(frames.to_json())
    # The heads alone show all but what is cut off in the middle; that is told when it is asked for.
    quick = read_soccernet_frames(tmp_path, check="headers")
    assert [image.name for image in quick.images] == ["0.png", "1.png"]
    with pytest.raises(InputError, match=r"1\.png: the image is broken"):
        quick.pixels(quick.images[1])
    assert len(read_soccernet_frames(tmp_path, check="names").images) == 3


def test_games_without_zip_or_labels_are_listed(three: Path) -> None:
    (three / TRAIN / FRAMES).unlink()
    (three / VALID / LABELS).unlink()
    frames = read_soccernet_frames(three)
    assert [(s.kind, s.what, s.images) for s in frames.skipped] == [
        *[("missing", TRAIN, 0), ("unlabelled", VALID, 6)]
    ]
    assert {image.game for image in frames.images} == {TEST}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("{", "not JSON"),
        ("[1]", "not SoccerNet-v3's labels"),
        ('{"annotations": []}', "not SoccerNet-v3's labels"),
        ('{"actions": [], "replays": {}}', "not SoccerNet-v3's labels"),
        ('{"actions": {}, "replays": []}', "not SoccerNet-v3's labels"),
        ('{"actions": {"0.png": 5}}', "the labels don't|no imageMetadata"),
        ('{"actions": ' + "[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_labels_of_another_shape(three: Path, text: str, match: str) -> None:
    (three / TRAIN / LABELS).write_text(text)
    frames = read_soccernet_frames(three)
    assert TRAIN not in {image.game for image in frames.images}
    told = [skip for skip in frames.skipped if skip.what.startswith(TRAIN)]
    assert told
    assert all(skip.kind == "unlabelled" for skip in told)
    assert any(re.search(match, skip.why) for skip in told)


@pytest.mark.parametrize(
    "item",
    [
        action("Goal", half=3),
        action("Goal", half="first"),
        action("Goal", position="soon"),
        action("Goal", position=-5),
        action("Goal", position=float("1e18")),
        action("Goal", position=True),
        action("Goal", position=[1]),
        action("Goal", gameTime="late"),
        action(" "),
        {"imageMetadata": {"label": 7}},
        {"imageMetadata": None},
        None,
        "Goal",
    ],
)
def test_an_entry_that_tells_nothing_usable_is_listed(three: Path, item: Any) -> None:
    value = json.loads((three / TRAIN / LABELS).read_text())
    value["actions"]["0.png"] = item
    (three / TRAIN / LABELS).write_text(json.dumps(value))
    frames = read_soccernet_frames(three)
    assert [(s.kind, s.what) for s in frames.skipped] == [("unlabelled", f"{TRAIN}/0")]
    assert len(frames.images) == 17


def test_labels_are_read_in_their_several_spellings(tmp_path: Path) -> None:
    path = tmp_path / LABELS
    actions = {
        "v3_frames/0.png": action("corner", half="2", position=None, gameTime="2 - 01:40"),
        "1": {"imageMetadata": {"label": "Goal"}},
    }
    replays = {"1_4.png": replay(None), "0_1.png": replay("0.png"), "0_1_1.png": replay("0_1.png")}
    path.write_text(json.dumps({"actions": actions, "replays": replays}))
    told = read_game_labels(path, soccer)
    assert (told.entries["0"].label, told.entries["0"].half, told.entries["0"].time) == ("Corner", 2, 100.0)
    assert (told.entries["1"].half, told.entries["1"].time) == (None, None)
    assert (told.entries["1_4"].label, told.entries["1_4"].action) == ("Goal", "1")
    assert [name for name, _ in told.unusable] == ["0_1_1"]  # a replay of a replay


# Hostile and damaged zips


def test_a_zip_that_is_cut_off(three: Path) -> None:
    data = (three / TRAIN / FRAMES).read_bytes()
    for size in (0, 10, len(data) // 2, len(data) - 3):
        (three / TRAIN / FRAMES).write_bytes(data[:size])
        frames = read_soccernet_frames(three)
        assert [(s.kind, s.what) for s in frames.skipped] == [("broken", TRAIN)]
        assert "whole zip" in frames.skipped[0].why


def test_a_zip_changed_after_it_was_listed(three: Path) -> None:
    frames = read_soccernet_frames(three)
    path = three / TRAIN / FRAMES
    data = path.read_bytes()
    image = frames.of("train")[-1]
    path.write_bytes(data[:200])
    with pytest.raises(InputError, match="not where the zip's list says|cut off"):
        frames.pixels(image)
    path.write_bytes(b"x" * len(data))
    with pytest.raises(InputError, match="not where the zip's list says"):
        frames.pixels(image)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_inside_is_told_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    root = tmp_path_factory.mktemp("damaged")
    folder = write_game(root, TRAIN, {"0.png": png(pixels_of(3))}, {"0.png": action("Goal")})
    whole = bytearray((folder / FRAMES).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / FRAMES).write_bytes(whole)
    try:
        frames = read_soccernet_frames(root, check=data.draw(st.sampled_from(["names", "headers", "pixels"])))
        got = frames.pixels(frames.images[0])
    except InputError:
        return
    assert np.array_equal(got, pixels_of(3))  # checked by the zip's own checksum


def test_encrypted_members_are_refused(three: Path) -> None:
    path = three / TRAIN / FRAMES
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    while at >= 0:  # the flag that says so, in every entry of the list
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    path.write_bytes(data)
    frames = read_soccernet_frames(three)
    assert {image.game for image in frames.images} == {VALID, TEST}
    assert [s.kind for s in frames.skipped] == ["refused"] * 6
    assert all("encrypted" in s.why for s in frames.skipped)


@pytest.mark.parametrize("name", ["../0.png", "/etc/0.png", "a/../../0.png", "..\\0.png", "C:/0.png"])
def test_paths_that_climb_out_are_refused_and_the_others_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in" / "x"
    write_game(folder, TRAIN, {name: png(pixels_of(1)), "1.png": png(pixels_of(2))}, {
        "0.png": action("Goal"), "1.png": action("Goal"),
    })  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    frames = read_soccernet_frames(folder, check="pixels")
    assert [image.name for image in frames.images] == ["1.png"]
    assert [(s.kind, s.why) for s in frames.skipped] == [("refused", "its path leads out of the zip")]
    assert sorted(tmp_path.rglob("*")) == before


def patched_size(path: Path, size: int) -> None:
    """Lets the zip's list claim another unpacked size."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(data)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytes(80 << 20)
    folder = write_game(tmp_path, TRAIN, {"0.png": bomb}, {"0.png": action("Goal")})
    del bomb
    with pytest.raises(InputError, match="would unpack to 80 MB"):
        read_soccernet_frames(tmp_path)
    patched_size(folder / FRAMES, 100)  # a list that lies about it
    asked: list[int] = []
    true = zlib.decompressobj

    class Spy:
        def __init__(self, bits: int) -> None:
            self.inner = true(bits)

        def decompress(self, data: bytes, most: int) -> bytes:
            asked.append(most)
            return self.inner.decompress(data, most)

    monkeypatch.setattr(zips_module.zlib, "decompressobj", Spy)
    with pytest.raises(InputError, match="don't fit its checksum|no image that can be used"):
        read_soccernet_frames(tmp_path, check="pixels")
    assert asked
    assert max(asked) <= 101


def test_too_many_members_and_other_packings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_game(tmp_path, TRAIN, {"0.png": png(pixels_of(1))}, {"0.png": action("Goal")}, how=zipfile.ZIP_LZMA)
    with pytest.raises(InputError, match="packed by method 14"):
        read_soccernet_frames(tmp_path)
    monkeypatch.setattr(zips_module, "MOST_MEMBERS", 0)
    with pytest.raises(InputError, match="holds 1 files, more than 0"):
        read_soccernet_frames(tmp_path)


def test_two_members_of_one_name(tmp_path: Path) -> None:
    members = {"a/0.png": png(pixels_of(1)), "b/0.png": png(pixels_of(2))}
    write_game(tmp_path, TRAIN, members, {"0.png": action("Goal")})
    frames = read_soccernet_frames(tmp_path)
    assert np.array_equal(frames.pixels(frames.images[0]), pixels_of(1))
    assert "a second image" in frames.skipped[0].why


# Odd images


def grey16() -> bytes:
    return png(Image.fromarray((np.arange(24 * 32, dtype=np.uint16) * 85).reshape(24, 32)))


def turned() -> Image.Image:
    picture = Image.fromarray(pixels_of(5))
    picture.getexif()[0x0112] = 6
    return picture


def test_sixteen_bit_is_scaled_not_cut_off() -> None:
    got = rgb_pixels(grey16(), "x")
    want = (np.arange(24 * 32, dtype=np.uint16) * 85).reshape(24, 32) >> 8
    assert np.array_equal(got[..., 0], want)
    assert np.array_equal(got[..., 0], got[..., 2])


def test_sixteen_bit_colour_is_read(tmp_path: Path) -> None:
    raw = b"".join(b"\0" + bytes([200, 7] * 2 + [10, 9]) * 16 for _ in range(16))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )
    assert rgb_pixels(data, "x")[3, 3].tolist() == [200, 200, 10]


def test_cmyk_palette_grey_and_one_bit() -> None:
    red = Image.new("RGB", (32, 24), (200, 30, 40))
    cmyk = rgb_pixels(png(red.convert("CMYK"), "JPEG", quality=100), "x")
    assert cmyk.shape == (24, 32, 3)
    assert np.abs(cmyk.astype(int) - (200, 30, 40)).max() < 12
    palette = rgb_pixels(png(red.convert("P", palette=Image.Palette.ADAPTIVE)), "x")
    assert np.abs(palette.astype(int) - (200, 30, 40)).max() < 3
    assert rgb_pixels(png(red.convert("L")), "x").std(-1).max() == 0
    assert set(np.unique(rgb_pixels(png(red.convert("1")), "x"))) <= {0, 255}


def test_what_is_transparent_is_black() -> None:
    values = np.zeros((24, 32, 4), np.uint8)
    values[:] = (250, 240, 230, 0)
    values[:12, :, 3] = 255
    values[0, 0] = (200, 100, 50, 128)
    for kind in ("PNG", "WEBP"):
        got = rgb_pixels(
            png(Image.fromarray(values), kind, **({"lossless": True} if kind == "WEBP" else {})), "x"
        )
        assert got[5, 5].tolist() == [250, 240, 230]
        assert got[20, 20].tolist() == [0, 0, 0]
        assert np.abs(got[0, 0].astype(int) - (100, 50, 25)).max() <= 1
    palette = Image.fromarray(values[..., :3]).convert("P", palette=Image.Palette.ADAPTIVE)
    got = rgb_pixels(png(palette, transparency=palette.getpixel((5, 5))), "x")
    assert got[5, 5].tolist() == [0, 0, 0]


def test_a_picture_that_a_camera_marked_as_turned() -> None:
    data = png(turned(), exif=turned().getexif())
    assert check_image(data, "x") == (24, 32)
    assert np.array_equal(rgb_pixels(data, "x"), np.rot90(pixels_of(5), -1))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animated_images_are_refused(kind: str) -> None:
    one, other = Image.fromarray(pixels_of(1)), Image.fromarray(pixels_of(2))
    data = png(one, kind, save_all=True, append_images=[other])
    for look in (check_image, rgb_pixels):
        with pytest.raises(InputError, match=r"is animated \(2 pictures\)"):
            look(data, "x")
    assert rgb_pixels(png(one, kind), "x").shape == (24, 32, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 7)])
def test_images_of_hardly_a_pixel_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"has {size[0]} x {size[1]} pixels"):
        rgb_pixels(png(Image.new("RGB", size)), "x")


def claiming(width: int, height: int) -> bytes:
    data = bytearray(png(pixels_of(1)))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 9_000), (2**31 - 1, 2**31 - 1), (65_000, 1_000)])
def test_decompression_bombs_are_refused_by_their_claim(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="more than 50 million|broken"):
            rgb_pixels(claiming(*size), "x")


def test_jpegs_that_claim_too_much_are_refused() -> None:
    data = bytearray(png(pixels_of(1), "JPEG"))
    at = data.index(b"\xff\xc0")
    for size in (65_000, 10_500, 8_000):
        data[at + 5 : at + 9] = struct.pack(">HH", size, size)
        with pytest.raises(InputError, match="million"):
            check_image(bytes(data), "x")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff\xe0" * 9, b"BM" * 50],
)
def test_what_is_no_image(data: bytes) -> None:
    with pytest.raises(InputError, match="x: "):
        rgb_pixels(data, "x")
    tiff = io.BytesIO()
    Image.fromarray(pixels_of(1)).save(tiff, "TIFF")
    with pytest.raises(InputError, match="is no PNG, JPEG, WEBP, GIF, BMP image"):
        rgb_pixels(tiff.getvalue(), "x")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_to_an_image_is_an_image_or_a_message(data: Any) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]))
    whole = bytearray(png(pixels_of(3), kind))
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(0, 6))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        got = rgb_pixels(bytes(whole), "x")
    except InputError:
        return
    assert got.dtype == np.uint8
    assert got.ndim == 3
    assert got.shape[2] == 3


def test_odd_images_in_a_game_are_read_or_listed(tmp_path: Path) -> None:
    one = Image.fromarray(pixels_of(1))
    members = {
        "0.png": grey16(),
        "1.png": png(one.convert("CMYK"), "JPEG"),
        "2.png": png(one.convert("P")),
        "3.png": png(one.convert("RGBA")),
        "4.png": png(turned(), exif=turned().getexif()),
        "5.png": png(one, save_all=True, append_images=[turned()]),
        "6.png": png(Image.new("RGB", (1, 1))),
        "7.png": claiming(60_000, 60_000),
        "8.gif": png(one, "GIF", save_all=True, append_images=[Image.fromarray(pixels_of(2))]),
    }
    write_game(tmp_path, TRAIN, members, {f"{n}.png": action("Goal") for n in range(9)})
    for check in ("headers", "pixels"):
        frames = read_soccernet_frames(tmp_path, check=check)  # type: ignore[arg-type]
        assert [image.name for image in frames.images] == [f"{n}.png" for n in range(5)]
        assert all(frames.pixels(image).dtype == np.uint8 for image in frames.images)
        why = {skip.what[-5:]: skip.why for skip in frames.skipped}
        assert why.keys() == {"5.png", "6.png", "7.png", "8.gif"}
        assert why["5.png"].startswith("is animated")
        assert why["8.gif"].startswith("is animated")
        assert why["6.png"].startswith("has 1 x 1 pixels")
        assert why["7.png"].startswith("claims 60000 x 60000")


def test_names_that_a_spreadsheet_would_run_are_guarded(tmp_path: Path) -> None:
    members = {"=1+1.png": png(pixels_of(1)), "0.png": png(pixels_of(2))}
    write_game(tmp_path, TRAIN, members, {"=1+1.png": action("Goal"), "0.png": action("Goal")})
    assert "'=1+1.png" in image_table(read_soccernet_frames(tmp_path))


def test_a_frame_is_one_value(three: Path) -> None:
    image = read_soccernet_frames(three).images[0]
    assert replace(image) == image
    assert len({image, replace(image)}) == 1
