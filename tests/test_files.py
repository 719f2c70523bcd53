from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcut import files
from matchcut.errors import InputError, LabelError, MatchcutError, OutputError, RequiresExtra, nearest


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a b" / "ü.txt"
    files.write_text(target, "old")
    with pytest.raises(KeyboardInterrupt), files.replacing(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert [p.name for p in target.parent.iterdir()] == ["ü.txt"], "no temporary file stays"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    target = files.write_text(tmp_path / "x.txt", "old")
    with pytest.raises(OutputError, match=r"the disk is full. Free some space"), files.replacing(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert target.read_text() == "old"


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="a part of the path is a file|file of that name"):
        files.write_text(tmp_path / "file" / "x.txt", "y")
    with pytest.raises(OutputError, match="there is a folder of that name"):
        files.write_text(tmp_path / "folder", "y")
    with pytest.raises(OutputError, match="too long"):
        files.write_text(tmp_path / ("x" * 300), "y")


def test_places_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        files.read_text(tmp_path / "none")
    with pytest.raises(InputError, match="this is a folder"):
        files.read_text(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_are_read(encoding: str) -> None:
    assert files.decode_text("Müller schießt".encode(encoding), "x") == "Müller schießt"


def test_other_encodings_say_where() -> None:
    with pytest.raises(InputError, match=r"byte 1 is 0xfc\).*iconv"):
        files.decode_text("Müller".encode("latin-1"), "x")
    with pytest.raises(InputError, match="zero bytes"):
        files.decode_text(b"ab\x00c", "x")


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_message(data: bytes) -> None:
    try:
        assert isinstance(files.decode_text(data, "x"), str)
    except InputError as error:
        assert str(error).startswith("x: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("{", "line 1, column 2"),
        ('{"a": NaN}', "holds NaN"),
        ("[Infinity]", "holds Infinity"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_other_json_says_why(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        files.parse_json(text, "x")


def test_json_written_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "x.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
    assert files.read_json(files.write_json(tmp_path / "x.json", {"ä": 1})) == {"ä": 1}


def test_results_are_as_readable_as_the_users_own_files(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("x")
    assert files.write_text(tmp_path / "ours", "x").stat().st_mode == mine.stat().st_mode


def test_messages_end_with_the_remedy() -> None:
    assert str(MatchcutError("it broke.", "Mend it. ")) == "it broke. Mend it."
    assert "pip install 'matchcut[train]'" in str(RequiresExtra("training", "train"))
    assert LabelError("a", "b").exit_code == 2
    assert nearest("PENALTYS", ["Penalty", "Foul"]) == ["Penalty"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe or a device"):
        files.read_bytes(tmp_path / "pipe")


def test_what_a_link_points_to_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "x.txt", tmp_path / "link.txt"
    files.write_text(target, "old")
    link.symlink_to(target)
    files.write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert [p.name for p in target.parent.iterdir()] == ["x.txt"]
