"""Events, logs, recordings, transcripts and tracks: what they accept, refuse and keep."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.clock import MatchClock
from matchcut.errors import InputError, LabelError, MatchcutError, ValidationError
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.tracks import FeatureTrack, ScoreTrack
from matchcut.transcript import Transcript, Utterance, Word

times = st.floats(0, 10_000, allow_nan=False)
texts = st.text(max_size=30)
scores = st.none() | st.floats(0, 1)


@st.composite
def events(draw: st.DrawFn) -> Event:
    start, time, end = sorted(draw(st.tuples(times, times, times)))
    evidence = draw(st.lists(st.builds(Evidence, texts, texts, scores), max_size=2))
    return Event(
        draw(st.sampled_from(soccer.names)),
        time,
        start,
        end,
        draw(scores),
        tuple(evidence),
        draw(st.none() | texts),
        draw(st.none() | st.booleans()),
    )


@st.composite
def logs(draw: st.DrawFn) -> EventLog:
    clock = draw(st.none() | st.just(MatchClock.of_half(2, 2800.0)))
    recording = Recording(
        draw(texts),
        soccer,
        draw(st.none() | times),
        frame_rate=draw(st.none() | st.just(Fraction(30000, 1001))),
        clock=clock,
    )
    return EventLog(draw(st.lists(events(), max_size=8)), recording, draw(texts))


@given(logs())
@settings(deadline=None)
def test_a_log_survives_json(log: EventLog) -> None:
    assert EventLog.from_json(json.loads(json.dumps(log.to_json()))) == log


def test_a_log_survives_the_disk(tmp_path: Path) -> None:
    log = EventLog([Event.around("goal", 63.0, soccer, score=0.5)], Recording("Müller 2–1.mp4"), "me")
    assert EventLog.load(log.save(tmp_path / "ein Ordner" / "événements.json")) == log


@given(logs(), times, times, st.sampled_from(soccer.names), st.floats(0, 1))
@settings(deadline=None)
def test_where_keeps_exactly_what_passes(
    log: EventLog, after: float, before: float, label: str, floor: float
) -> None:
    kept = log.where(label, after=after, before=before, min_score=floor)
    expected = [
        e
        for e in log
        if e.label == label and after <= e.time <= before and (e.score is None or e.score >= floor)
    ]
    assert list(kept) == expected
    assert kept.recording == log.recording


def test_where_understands_words_and_clock_faces() -> None:
    log = EventLog(
        [Event.around(name, t, soccer) for name, t in [("Corner", 10), ("Throw-in", 70), ("Corner", 130)]],
        Recording("x"),
        "me",
    )
    assert [e.time for e in log.where("corner kick", after="01:00")] == [130]
    assert log.where(["throw in", "Corner"]).counts() == {"Throw-in": 1, "Corner": 2}
    with pytest.raises(LabelError, match=r"The nearest are: .*Corner"):
        log.where("conrer")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": math.nan}, "finite"),
        ({"end": math.inf}, "finite"),
        ({"start": 11.0}, "start <= time <= end"),
        ({"end": 9.0}, "start <= time <= end"),
        ({"score": 1.5}, "from 0 to 1"),
        ({"score": math.nan}, "from 0 to 1"),
    ],
)
def test_impossible_events_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Event(**{"label": "Goal", "time": 10.0, "start": 5.0, "end": 15.0, **change})  # type: ignore[arg-type]


def test_a_log_refuses_labels_of_another_sport() -> None:
    with pytest.raises(LabelError, match="soccer has no action 'bunt'"):
        EventLog([Event("bunt", 1, 0, 2)], Recording("x"), "me")
    assert len(EventLog([Event("bunt", 1, 0, 2)], Recording("x", baseball), "me")) == 1


def test_a_plain_file_of_another_program_is_enough() -> None:
    log = EventLog.from_json({"events": [{"label": "corner kick", "time": 100}]})
    assert log[0].label == "Corner"
    assert log[0].start < 100 < log[0].end


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "not an events file"),
        ({"events": 3}, "not an events file"),
        ({"version": 99, "events": []}, "Update matchcut"),
        ({"events": [{"time": 3}]}, "event 1: 'label' is missing"),
        ({"events": [{"label": "Goal", "time": "3"}]}, "time must be a number"),
        ({"events": [{"label": "Goal", "time": True}]}, "time must be a number"),
        ({"events": [None]}, "an event must be an object, not None"),
        ({"events": [{"label": "Goal", "time": 3, "evidence": 3}]}, "evidence must be a list, not 3"),
        ({"events": [{"label": 7, "time": 3}]}, "label must be text"),
        ({"events": [{"label": "Goul", "time": 3}]}, "The nearest are: Goal"),
        ({"events": [{"label": "Goal", "time": 3, "score": 2}]}, "from 0 to 1"),
        ({"events": [5]}, "event 1"),
        ({"sport": "cricket", "events": []}, "no sport 'cricket'"),
        ({"recording": 5, "events": []}, "recording must be"),
        ({"recording": {"duration": -5}, "events": []}, "zero or more"),
        ({"recording": {"frame_rate": "1/0"}, "events": []}, "recording"),
    ],
)
def test_other_shapes_are_refused_with_the_place(value: Any, message: str) -> None:
    with pytest.raises(MatchcutError, match=message):
        EventLog.from_json(value, "x.json")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
event_like = st.fixed_dictionaries(
    {"label": json_values | st.just("Goal"), "time": json_values},
    optional=dict.fromkeys(("start", "end", "score", "evidence", "team", "visible"), json_values),
)


@given(
    st.fixed_dictionaries(
        {"events": st.lists(event_like, max_size=2) | json_values},
        optional=dict.fromkeys(("version", "sport", "recording", "producer"), json_values),
    )
)
@settings(deadline=None)
def test_any_json_gives_a_log_or_a_message(value: Any) -> None:
    try:
        EventLog.from_json(value)
    except MatchcutError as error:
        assert str(error).endswith(".")


def test_evidence_stays_with_its_event() -> None:
    event = Event.around("Goal", 5, soccer, evidence=(Evidence("commentary", "what a goal", 0.9),), score=0.9)
    assert event.start == 0, "no window starts before the recording"
    assert event.moved(10).time == 15
    assert event.moved(10).evidence == event.evidence


def test_transcripts_sort_and_shift() -> None:
    said = Transcript([Utterance(5, 6, "b", (Word(5, 6, "b"),)), Utterance(1, 2, "a")], "en")
    assert [u.text for u in said] == ["a", "b"]
    assert said.end == 6
    assert [u.text for u in said.between(0, 3)] == ["a"]
    later = said.moved(-3)
    assert [u.text for u in later] == ["b"]
    assert later[0].words[0].start == 2
    assert "1 utterances would begin before the recording" in later.notes[0]
    assert Transcript([]).end == 0


@pytest.mark.parametrize(("start", "end"), [(math.nan, 1), (0, math.inf), (-1, 1), (3, 2)])
def test_impossible_utterances_are_refused(start: float, end: float) -> None:
    with pytest.raises(ValidationError, match="utterance"):
        Utterance(start, end, "x")


def track(values: Any = ((0.1, 0.9), (0.2, 0.3))) -> ScoreTrack:
    return ScoreTrack(("Goal", "Foul"), np.array(values, dtype=np.float32), 2.0, "commentary", 1.0)


def test_a_track_survives_the_disk(tmp_path: Path) -> None:
    made = track()
    kept = ScoreTrack.load(made.save(tmp_path / "a" / "t.npz"))
    assert (kept.labels, kept.rate, kept.start, kept.source) == (made.labels, 2.0, 1.0, "commentary")
    np.testing.assert_array_equal(kept.scores, made.scores)
    np.testing.assert_allclose(kept.times, [1.0, 1.5])
    np.testing.assert_allclose(kept.column("Foul"), [0.9, 0.3])
    assert kept.duration == 1.0
    with pytest.raises(ValidationError, match="It has: Goal, Foul"):
        kept.column("Corner")


def test_impossible_tracks_are_refused() -> None:
    for values in ([[0.1]], [[0.1, 1.5]], [[math.nan, 0.2]], [0.1, 0.2]):
        with pytest.raises(ValidationError):
            track(values)
    with pytest.raises(ValidationError, match="each label may stand once"):
        ScoreTrack(("Goal", "Goal"), np.zeros((1, 2), np.float32), 1.0, "x")
    with pytest.raises(ValidationError, match="rate above 0"):
        ScoreTrack(("Goal",), np.zeros((1, 1), np.float32), 0.0, "x")
    with pytest.raises(ValidationError, match="1 of 2 rows"):
        FeatureTrack(np.array([[1.0], [math.nan]]), 1.0, "e")
    with pytest.raises(ValidationError, match=r"\(T, D\)"):
        FeatureTrack(np.zeros(3), 1.0, "e")


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=40)
def test_any_bytes_give_a_track_or_a_message(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("t") / "t.npz"
    path.write_bytes(data)
    with pytest.raises(InputError, match="t.npz"):
        ScoreTrack.load(path)


def test_a_cut_off_track_is_refused(tmp_path: Path) -> None:
    path = track().save(tmp_path / "t.npz")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="not a score track"):
        ScoreTrack.load(path)
    with pytest.raises(InputError, match="no such file"):
        ScoreTrack.load(tmp_path / "none.npz")


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("ab ", max_size=9)), max_size=12),
    st.integers(0, 40),
    st.integers(1, 40),
)
@settings(max_examples=100, deadline=None)
def test_a_quote_is_the_utterances_nearest_to_a_moment(
    said: list[tuple[int, int, str]], around: int, limit: int
) -> None:
    transcript = Transcript(Utterance(start, start + length, text) for start, length, text in said)
    heard = list(transcript.between(5, 25))
    while len(heard) > 1 and len(" ".join(" ".join(u.text.split()) for u in heard)) > limit:
        heard.pop(0 if around - heard[0].end > heard[-1].start - around else -1)
    assert transcript.quote(5, 25, around, limit) == " ".join(" ".join(u.text.split()) for u in heard)


def test_thousands_of_subtitles_at_one_instant_are_quoted_at_once() -> None:
    transcript = Transcript(Utterance(60, 62, f"goal {i}") for i in range(20_000))
    begun = perf_counter()
    assert transcript.quote(59, 66, 62, 160).endswith("goal 19998 goal 19999")
    assert perf_counter() - begun < 2
