"""No reader ever raises anything but a MatchcutError, whatever it is given."""

from __future__ import annotations

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import game_list
from matchcut.datasets.soccernet import read_labels, read_predictions
from matchcut.datasets.tables import read_events
from matchcut.datasets.transcripts import read_transcript
from matchcut.errors import MatchcutError

GAME = "l/s/g"
LABELS = {
    "UrlLocal": GAME,
    "annotations": [
        {
            "gameTime": "1 - 02:13",
            "label": "Goal",
            "position": "133295",
            "team": "home",
            "visibility": "visible",
        },
        {"gameTime": "2 - 02:13", "label": "Foul", "position": "1", "team": "x", "visibility": "not shown"},
    ],
}
PREDICTIONS = {
    "UrlLocal": GAME,
    "predictions": [
        {"gameTime": "1 - 0:31", "label": "Goal", "position": "31500", "half": "1", "confidence": "0.66"}
    ],
}
ECHOES = {"segments": {"0": [0.5, 2.0, "Kick-off"], "1": [2.0, 3.5, "corner"]}}
WHISPER = {
    "language": "en",
    "segments": [
        {"start": 0.5, "end": 2, "text": "x", "words": [{"start": 0.5, "end": 1, "word": "x"}]},
        {"start": 2, "end": 2.5, "text": "y"},
    ],
}
WHISPER_CPP = {"result": {"language": "en"}, "transcription": [{"offsets": {"from": 1, "to": 2}, "text": "x"}]}
EVENTS = {
    "version": 1,
    "sport": "soccer",
    "recording": {
        "name": "x",
        "duration": 3.0,
        "frame_rate": "25",
        "media": "x.mp4",
        "clock": [{"number": 1, "start": 0.0, "end": 1.0, "clock_start": 0.0}],
    },
    "producer": "p",
    "events": [
        {
            "label": "Goal",
            "time": 1.0,
            "start": 0.0,
            "end": 2.0,
            "score": 0.5,
            "team": "home",
            "visible": True,
            "evidence": [{"source": "s", "detail": "d", "score": 0.1}],
        }
    ],
}
GAMES = {"train": ["l/s/g"], "l": {"s": ["g"]}}
SRT = "1\n00:00:01,000 --> 00:00:02,500\n<i>a</i>\nb\n\n2\n00:00:02,500 --> 00:00:04,000\n{\\an8}c &amp; d\n"
VTT = "WEBVTT\n\nNOTE x\n\nid\n00:01.000 --> 00:02.500 align:start\n<v M>a</v>\n\n00:02.500 --> 00:04.000\nb\n"
CSV = 'label,time,start,end,score,team,visible\nGoal,36:09,,,0.5,"a ""b""",yes\nCorner,95.5,90,100,,\'=x,no\n'

EXAMPLES = int(os.environ.get("MATCHCUT_FUZZ", "150"))
"""How many inputs each reader gets; set MATCHCUT_FUZZ for a long run."""

Reader = Callable[[bytes, Path], Any]


def read_file(reader: Callable[..., Any], **how: Any) -> Reader:
    def run(data: bytes, folder: Path) -> Any:
        path = folder / "input"
        path.write_bytes(data)
        return reader(path, **how)

    return run


def read_tree(reader: Callable[..., Any], name: str) -> Reader:
    def run(data: bytes, folder: Path) -> Any:
        path = folder / "tree" / GAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return reader(folder / "tree")

    return run


def all_echoes(path: Path) -> Any:
    with EchoesArchive(path) as archive:
        return [archive.transcripts(game, half) for game in archive.games for half in (1, 2)]


def zipped(name: str, value: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{GAME}/{name}", json.dumps(value))
    return out.getvalue()


READERS: dict[str, tuple[Reader, list[Any]]] = {
    "transcript": (read_file(read_transcript), [ECHOES, WHISPER, WHISPER_CPP, SRT, VTT]),
    "repaired": (read_file(read_transcript, repair=True, offset_s=-1.0), [SRT, VTT, ECHOES]),
    "events": (read_file(read_events), [EVENTS, EVENTS["events"], LABELS, PREDICTIONS, CSV]),
    "second half": (read_file(read_events, half=2), [LABELS, PREDICTIONS]),
    "labels": (read_tree(read_labels, "Labels-v2.json"), [LABELS]),
    "predictions": (read_tree(read_predictions, "results_spotting.json"), [PREDICTIONS]),
    "echoes": (read_tree(all_echoes, "1_asr.json"), [ECHOES]),
    "games": (read_file(game_list), [GAMES, GAMES["train"]]),
    "zipped labels": (read_file(read_labels), [zipped("Labels-v2.json", LABELS)]),
    "zipped echoes": (read_file(all_echoes), [zipped("1_asr.json", ECHOES)]),
}


def as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")


def parts(value: Any) -> list[tuple[Any, ...]]:
    """The paths of every part of a JSON value."""
    found: list[tuple[Any, ...]] = [()]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [(key, *path) for path in parts(inner)]
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


ODD = st.sampled_from(
    [
        "NaN",
        "inf",
        "-1",
        "1e999",
        "9" * 5000,
        "\ud800",
        "\x00",
        "'",
        '"',
        "-00:00:01",
        "1 - 99:99",
        "²",
        "1e999999999",
        "",
    ]
) | st.sampled_from(
    [float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 10**400, -(10**400), 2**63, -1, 3]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | ODD | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
PIECES = st.binary(max_size=4) | st.sampled_from(
    [
        b"-->",
        b"\n\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"NaN",
        b"1e999",
        b"[" * 2000,
        b"{",
        b'"',
        b",",
        b"-",
    ]
)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[Any]) -> bytes:
    data = as_bytes(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(start + draw(st.integers(0, 6)), len(data))
        data = data[:start] + draw(PIECES) + (data[end:] if draw(st.integers(0, 9)) else b"")
    return data


@st.composite
def reshaped(draw: st.DrawFn, seeds: list[Any]) -> bytes:
    value = draw(st.sampled_from([seed for seed in seeds if not isinstance(seed, str | bytes)]))
    for _ in range(draw(st.integers(1, 2))):
        value = replaced(value, draw(st.sampled_from(parts(value))), draw(VALUES))
    try:
        return as_bytes(value)
    except ValueError:  # an integer too long for Python to write
        return as_bytes({"segments": None})


def inputs(seeds: list[Any]) -> st.SearchStrategy[bytes]:
    kinds = [
        mutated(seeds),
        st.binary(max_size=40),
        st.text(max_size=40).map(as_bytes),
        VALUES.map(str).map(as_bytes),
    ]
    if any(not isinstance(seed, str | bytes) for seed in seeds):
        kinds += [reshaped(seeds), reshaped(seeds)]
    return st.one_of(kinds)


@pytest.mark.parametrize("name", READERS)
def test_the_seeds_are_read(name: str, tmp_path: Path) -> None:
    """Otherwise the mutations would be far from anything that a reader accepts."""
    reader, seeds = READERS[name]
    for seed in seeds:
        if not (name == "events" and seed is LABELS):  # which needs a half
            assert reader(as_bytes(seed), tmp_path) is not None


@pytest.mark.parametrize("name", READERS)
def test_only_known_errors(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    reader, seeds = READERS[name]
    folder = tmp_path_factory.mktemp("fuzz")

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(data=inputs(seeds))
    def run(data: bytes) -> None:
        with contextlib.suppress(MatchcutError):
            reader(data, folder)

    run()
