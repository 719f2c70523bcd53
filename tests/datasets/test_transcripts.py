"""Recognizers' files, told apart by content; SoccerNet-Echoes; and whether a transcript fits a recording."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from matchcut.datasets.echoes import EchoesArchive, language_of, read_echoes
from matchcut.datasets.transcripts import check_against, read_transcript
from matchcut.errors import InputError
from matchcut.text import one_line
from matchcut.transcript import Transcript, Utterance, Word

GAME = "italy_serie-a/2016-2017/2016-08-20 - 18-00 Juventus 2 - 1 Fiorentina"
ECHOES = {"segments": {"0": [0.5, 2.0, " Kick-off "], "1": [2.0, 3.5, "corner"]}}


def read(tmp_path: Path, value: Any, **how: Any) -> Transcript:
    path = tmp_path / "a file.txt"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return read_transcript(path, **how)


def told(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(u.start, u.end, u.text) for u in transcript]


SAID = [(0.5, 2.0, "Kick-off"), (2.0, 3.5, "corner")]
SEGMENTS = [{"start": a, "end": b, "text": f" {c}\n"} for a, b, c in SAID]


@pytest.mark.parametrize(
    ("value", "language"),
    [
        (ECHOES, None),
        ({"text": "…", "segments": SEGMENTS, "language": "en"}, "en"),
        ({"segments": SEGMENTS, "language": "German"}, "de"),
        ({"segments": SEGMENTS, "language": None}, None),
        ({"segments": SEGMENTS, "word_segments": []}, None),
        (SEGMENTS, None),
        (
            {
                "result": {"language": "en"},
                "transcription": [
                    {"offsets": {"from": int(a * 1000), "to": int(b * 1000)}, "text": c} for a, b, c in SAID
                ],
            },
            "en",
        ),
        ("1\n00:00:00,500 --> 00:00:02,000\nKick-off\n\n2\n00:00:02,000 --> 00:00:03,500\ncorner\n", None),
        ("WEBVTT\n\n00:00.500 --> 00:02.000\nKick-off\n\n00:02.000 --> 00:03.500\ncorner\n", None),
        (Transcript([Utterance(*x) for x in SAID], "pt").to_json(), "pt"),
    ],
)
def test_every_kind_by_its_content(tmp_path: Path, value: Any, language: str | None) -> None:
    found = read(tmp_path, value)
    assert told(found) == SAID
    assert found.language == language
    assert found.source.endswith("a file.txt")


def test_words_keep_their_times(tmp_path: Path) -> None:
    words = [
        {"start": 0.5, "end": 0.9, "word": " Kick-off", "probability": 0.9},
        {"start": 1, "end": 2, "text": "now"},
        {"word": "45"},
        {"start": 2, "end": 1, "word": "backwards"},
        None,
    ]
    found = read(
        tmp_path, {"segments": [{"start": 0.5, "end": 2.0, "text": "Kick-off now 45", "words": words}]}
    )
    assert found[0].words == (Word(0.5, 0.9, "Kick-off"), Word(1.0, 2.0, "now"))
    assert read(tmp_path, found.to_json()) == found


def test_an_offset_moves_everything(tmp_path: Path) -> None:
    assert told(read(tmp_path, ECHOES, offset_s=10.0)) == [(a + 10, b + 10, c) for a, b, c in SAID]
    moved = read(tmp_path, ECHOES, offset_s=-1.0)
    assert told(moved) == [(1.0, 2.5, "corner")]
    assert "left out" in moved.notes[0]


def test_what_recognizers_do_is_accepted_and_counted(tmp_path: Path) -> None:
    rows = [
        [0, 5, "a"],
        [3, 6, "b"],
        [6, 7, "b"],
        [8, 7, "end before start"],
        [-1, 2, "negative"],
        [float("nan"), 2, "no number"],
        [3, float("inf"), "endless"],
        [None, 3, "nothing"],
        [10**400, 10**401, "huge"],
        [1e9, 1e9, "years"],
        [9, 10, "  "],
    ]
    found = read(tmp_path, {"segments": {str(i): row for i, row in enumerate(rows)}})
    assert told(found) == [(0.0, 5.0, "a"), (3.0, 6.0, "b"), (6.0, 7.0, "b")]
    assert found.notes == (
        "7 segments have impossible times and were left out",
        "1 segment has no text and was left out",
        "1 segment repeats the one before it",
        "1 utterance overlaps an earlier one",
    )


def test_a_half_in_which_nothing_was_heard(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"segments": {}})) == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"segments": {"0": [1, 2]}}, r"segment '0' must be \[start, end, text\]"),
        ({"segments": {"0": "x"}}, "segment '0' must be"),
        ({"segments": {"0": ["1", 2, "x"]}}, "segment 1: its start must be a number of seconds, not '1'"),
        ({"segments": {"0": [1, True, "x"]}}, "segment 1: its end must be a number of seconds"),
        ({"segments": {"0": [1, 2, 3]}}, "segment 1: its text is 3"),
        ({"segments": 3}, "not Whisper's JSON"),
        ({"segments": [3]}, "segment 1 must be an object with a text"),
        ({"segments": [{"text": "x"}]}, "segment 1 has no start and end"),
        ({"transcription": {}}, "not Whisper's JSON"),
        ({"transcription": [{"offsets": {"from": "a"}, "text": ""}]}, "segment 1: offset 'from' must be"),
        ({"annotations": []}, "not a transcript of a known kind.*Known are SRT"),
        ("not a transcript", "not a transcript of a known kind.*Known are SRT"),
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ('{"segments": {"0": [1, 2, "x"], "0": [3, 4, "y"]}}', "the key '0' twice"),
        ('{"segments": {"0": [1, 2', "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"segments": [' + "9" * 5000 + "]}", "a number that is too long"),
    ],
)
def test_other_shapes(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, value)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"caf\xe9 --> ", b"\x00\x01\x02", b"RIFF\x00\x00\x00\x00AVI "]
)
def test_files_that_are_no_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.srt").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.srt: (not UTF-8|holds zero bytes)"):
        read_transcript(tmp_path / "x.srt")


def test_half_a_surrogate_pair_becomes_a_mark() -> None:
    assert one_line("a\x1b[31m\x07 b\x9bc") == "a [31m b c"
    assert one_line("a\ud800 \U0001f600") == "a\ufffd \U0001f600"


def archive(path: Path, versions: dict[str, Any], top: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for version, value in versions.items():
            packed.writestr(f"{top}{version}{GAME}/1_asr.json", json.dumps(value))
    return path


def test_an_archive_of_several_versions(tmp_path: Path) -> None:
    path = archive(tmp_path / "e.zip", {"whisper_v1/": ECHOES, "whisper_v1_en/": {"segments": {}}}, "top/")
    with EchoesArchive(path) as echoes:
        assert echoes.versions == ("whisper_v1", "whisper_v1_en")
        assert echoes.games == [GAME]
        assert echoes.has(GAME)
        assert not echoes.has("x/y/z")
        found = echoes.transcripts(GAME, 1)
        assert told(found["whisper_v1"]) == SAID
        assert (found["whisper_v1"].language, found["whisper_v1_en"].language) == (None, "en")
        assert len(found["whisper_v1_en"]) == 0
        assert echoes.transcripts(GAME, 2) == {}
        with pytest.raises(InputError, match="has no whisper_v9 of .* It has: whisper_v1, whisper_v1_en"):
            echoes.transcript(GAME, 1, "whisper_v9")
    assert [(game, half) for game, half, _ in read_echoes(path)] == [(GAME, 1)]
    with pytest.raises(InputError, match="of 1 of 1 games"):
        list(read_echoes(path, ["x/y/z"]))


def test_one_versions_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "whisper_v3" / GAME
    folder.mkdir(parents=True)
    (folder / "2_asr.json").write_text(json.dumps(ECHOES), encoding="utf-8")
    echoes = EchoesArchive(tmp_path / "whisper_v3")
    assert echoes.versions == ("whisper_v3",)
    assert told(echoes.transcripts(GAME, 2)["whisper_v3"]) == SAID
    assert EchoesArchive(tmp_path).versions == ("whisper_v3",)


def test_an_archive_without_transcripts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no N_asr\.json"):
        EchoesArchive(tmp_path)


def test_a_damaged_transcript_is_named_with_its_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "e.zip", {"whisper_v1/": {"segments": {"0": [1]}}})
    with pytest.raises(InputError, match=rf"e\.zip/whisper_v1/{GAME}/1_asr\.json: segment '0'"):
        EchoesArchive(path).transcripts(GAME, 1)


def test_the_league_does_not_tell_the_language() -> None:
    assert [language_of(v) for v in ("whisper_v2_en", "whisper_v2")] == ["en", None]


LATE = Transcript(
    [
        Utterance(0, 5, "a"),
        Utterance(8, 12, "b", (Word(8, 9, "b"), Word(9, 11, "c"), Word(11, 12, "d"))),
        Utterance(10, 14, "c"),
        Utterance(40, 50, "d"),
    ],
    "en",
    "x.srt",
)


def test_a_small_overrun_is_clipped_and_said() -> None:
    kept = check_against(LATE, 10.0)
    assert told(kept) == [(0, 5, "a"), (8, 10.0, "b")]
    assert kept[1].words == (Word(8, 9, "b"), Word(9, 10.0, "c"))
    assert kept.language == "en"
    assert kept.notes == (
        "the transcript runs 40.0 s past the recording: 2 utterances left out, the rest clipped",
    )


def test_what_fits_is_untouched() -> None:
    assert check_against(LATE, 50.0) is LATE
    assert check_against(LATE, None) is LATE


def test_another_videos_transcript_is_refused() -> None:
    far = LATE.moved(100.0)
    with pytest.raises(
        InputError, match=r"goes on until 150 s, but the recording ends at 60 s.*--offset.*--repair"
    ):
        check_against(far, 60.0)
    assert len(check_against(far, 60.0, repair=True)) == 0
