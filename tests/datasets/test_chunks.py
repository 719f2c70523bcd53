"""Recordings cut into chunks: every second, word and moment is where it belongs; pairs count what they say."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.chunks import (
    ChunkSettings,
    cut_chunks,
    draw_pairs,
    edges,
    write_table,
)
from matchcut.datasets.soccernet_chunks import VERSIONS, soccernet_chunks
from matchcut.errors import InputError, SettingsError
from matchcut.events import Event, EventLog
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.transcript import Transcript, Utterance


def log(*moments: tuple[str, float]) -> EventLog:
    return EventLog([Event.around(name, at, soccer) for name, at in moments], Recording("r"), "a person")


SAID = Transcript([Utterance(1, 4, "off we go"), Utterance(58, 62, "over the edge"), Utterance(100, 101, "in")])


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 8000), st.floats(5, 300), st.floats(0, 0.95), st.floats(0, 4.9))
def test_every_second_is_in_a_chunk(duration: float, length: float, share: float, shortest: float) -> None:
    how = ChunkSettings(length, share * (length - 1), shortest_s=shortest)
    found = edges(duration, how)
    assert found[0][0] == 0
    assert found[-1][1] == duration
    for (start, end), (later, last) in itertools.pairwise(found):
        assert start < later <= end < last
        assert end - start == pytest.approx(length)
    assert all(end - start < length + shortest + 1e-6 for start, end in found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(soccer.names), st.floats(0, 500)), max_size=30), st.floats(5, 90))
def test_each_moment_is_in_one_chunk_and_comes_back(moments: list[tuple[str, float]], length: float) -> None:
    chunks = cut_chunks("r", SAID, log(*moments), None, ChunkSettings(length))
    back = sorted((one.label, chunk.start + one.time) for chunk in chunks for one in chunk.truth or ())
    assert [name for name, _ in back] == [name for name, _ in sorted(moments)]
    assert [at for _, at in back] == pytest.approx([at for _, at in sorted(moments)])
    for chunk in chunks:
        for one in chunk.truth or ():
            assert 0 <= one.start <= one.time <= one.end <= chunk.length + 1e-9


def test_a_line_over_an_edge_is_in_both_chunks_and_windows_are_cut_there() -> None:
    one, two = cut_chunks("r", SAID, log(("Goal", 3), ("Corner", 60)), 120)
    assert [(u.start, u.end, u.text) for u in one.lines] == [(1, 4, "off we go"), (58, 62, "over the edge")]
    assert [(u.start, u.end, u.text) for u in two.lines] == [(0, 2, "over the edge"), (40, 41, "in")]
    assert one.truth is not None
    assert [(t.label, t.time, t.start, t.end) for t in one.truth] == [("Goal", 3, 0, 10.5)]
    assert two.truth is not None
    assert [(t.label, t.time, t.start, t.end) for t in two.truth] == [("Corner", 0, 0, 7.5)]
    assert two.name == "r 60-120"


def test_with_overlap_a_moment_is_in_every_chunk_that_holds_it() -> None:
    chunks = cut_chunks("r", SAID, log(("Goal", 50)), 105, ChunkSettings(60, 15))
    assert [chunk.actions for chunk in chunks] == [("Goal",), ("Goal",)]
    assert chunks[1].truth is not None
    assert chunks[1].truth[0].time == 5


def test_without_labels_there_is_no_truth_and_no_pairs() -> None:
    chunks = cut_chunks("r", SAID)
    assert chunks[0].truth is None
    assert chunks[-1].end == 101
    with pytest.raises(InputError, match="no labels"):
        list(draw_pairs(chunks, soccer.names))


def test_a_silent_recording_has_chunks_as_long_as_it_lasts() -> None:
    assert [c.lines for c in cut_chunks("r", Transcript(()), None, 130)] == [(), (), ()]
    assert cut_chunks("r", Transcript(())) == []


def test_one_pair_for_each_action_of_a_chunk_with_all_its_windows() -> None:
    truth = log(("Corner", 5), ("Goal", 9), ("Corner", 40), ("Corner", 70))
    pairs = list(draw_pairs(cut_chunks("r", SAID, truth, 120), soccer.names))
    assert [(p.chunk.start, p.label, len(p.windows)) for p in pairs] == [
        (0, "Corner", 2),
        (0, "Goal", 1),
        (60, "Corner", 1),
    ]


def test_negatives_are_drawn_at_their_share_and_the_same_for_a_seed() -> None:
    truth = log(*(("Corner", 60.0 * i + 1) for i in range(200)))
    chunks = cut_chunks("r", SAID, truth, 12_000)
    drawn = [(p.chunk.start, p.label) for p in draw_pairs(chunks, soccer.names, 1.5) if not p.windows]
    assert 240 < len(drawn) < 360
    assert all(label != "Corner" for _, label in drawn)
    again = [(p.chunk.start, p.label) for p in draw_pairs(chunks[:50], soccer.names, 1.5) if not p.windows]
    assert again == [one for one in drawn if one[0] < 3000]
    other = [(p.chunk.start, p.label) for p in draw_pairs(chunks, soccer.names, 1.5, seed=1) if not p.windows]
    assert other != drawn


@pytest.mark.parametrize("how", [{"length_s": 1}, {"overlap_s": 60}, {"window_s": -1}, {"overlap_s": -2}])
def test_settings_out_of_range_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        ChunkSettings(**how)


def test_the_table_counts_what_happens(tmp_path: Path) -> None:
    chunks = cut_chunks("r", SAID, log(("Corner", 5), ("Corner", 40)), 61.5)
    with write_table(tmp_path / "t.csv", chunks).open(encoding="utf-8") as stream:
        (row,) = list(csv.DictReader(stream))
    assert row["end"] == "61.5"
    assert row["actions"] == "Corner 2"
    assert (row["lines"], row["words"], row["events"]) == ("2", "6", "2")


@pytest.mark.data
def test_the_real_valid_split(data_folder: Path) -> None:
    found = soccernet_chunks(
        data_folder / "soccernet-v2-labels-train-valid.zip",
        data_folder / "soccernet-echoes-train-valid.zip",
        "valid",
    )
    # The figures of docs/decisions/0190.
    assert (found.halves, len(found.chunks), found.silent, found.missing) == (200, 9181, 880, ())
    assert sum(len(chunk.truth or ()) for chunk in found.chunks) == 21_447
    assert sum(len(chunk.actions) for chunk in found.chunks) == 18_925
    assert sum(len(chunk.actions) for chunk in found.chunks if chunk.lines) == 17_071
    assert set(found.versions) <= set(VERSIONS)
    with pytest.raises(InputError, match="nothing like it"):
        soccernet_chunks(None, data_folder / "soccernet-echoes-train-valid.zip", versions=["nothing like it"])
