"""A language model as a source: its answers become moments and a track, and what it invents becomes nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from language.scripted import Json, Say, serving
from matchcut.datasets.chunks import Chunk, ChunkSettings, cut_chunks
from matchcut.errors import SettingsError
from matchcut.language.asking import Asker
from matchcut.language.outcomes import Outcome
from matchcut.language.parse import Found, Reading
from matchcut.language.prompts import PromptSettings
from matchcut.language.settings import ServerSettings
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.doubt import doubts, worth_asking
from matchcut.spotters.language import UNSAID, Heard, LanguageSettings, LanguageSpotter
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

SAID = Transcript(Utterance(20.0 * i + 1, 20.0 * i + 5, f"line {i}") for i in range(12))
RECORDING = Recording("r", duration=240.0)


def found(label: str, time: float, sure: float | None = 0.8) -> Found:
    return Found(label, time, max(time - 7.5, 0), time + 7.5, sure)


def heard(*events: tuple[Chunk, list[Found]]) -> Heard:
    readings = tuple(Reading(tuple(each), Counter()) for _, each in events)
    return Heard(tuple(chunk for chunk, _ in events), readings, (), "m")


def track(*columns: list[float], labels: tuple[str, ...] = ("Goal", "Throw-in")) -> ScoreTrack:
    return ScoreTrack(labels, np.array(columns, np.float32).T, 1.0, "commentary", 0.5)


def test_answers_become_events_with_what_was_said_and_a_track() -> None:
    one, two = cut_chunks("r", SAID, None, 120)
    told = heard((one, [found("Goal", 22)]), (two, [found("Corner", 41.5, None)]))
    goal, corner = told.detections(RECORDING, SAID)
    assert (goal.label, goal.time, goal.score) == ("Goal", 22, 0.8)
    assert goal.evidence[0].source == "language"
    assert goal.evidence[0].detail == "line 1"
    assert (corner.label, corner.time, corner.score) == ("Corner", 101.5, UNSAID)
    scores = told.track(soccer, 120.0)
    assert scores.scores.shape == (120, 17)
    assert scores.column("Goal")[21] == pytest.approx(0.8 * (1 - 0.5 / 7.5), rel=1e-5)
    assert scores.column("Goal").argmax() in (21, 22)
    assert scores.column("Goal")[:14].max() == scores.column("Goal")[30:].max() == 0
    assert told.looked == ((0, 60), (60, 120))


def test_a_moment_that_two_chunks_tell_is_one_and_two_of_one_chunk_are_two() -> None:
    chunks = cut_chunks("r", SAID, None, 110, ChunkSettings(60, 20))
    assert [(c.start, c.end) for c in chunks] == [(0, 60), (40, 100), (80, 110)]
    told = heard(
        (chunks[0], [found("Goal", 55, 0.6), found("Corner", 10), found("Corner", 15)]),
        (chunks[1], [found("Goal", 17, 0.9), found("Foul", 50)]),
        (chunks[2], [found("Foul", 9)]),
    )
    assert [(one.label, second) for one, second in told.moments()] == [
        ("Corner", 10),
        ("Corner", 15),
        ("Goal", 57),
        ("Foul", 90),
    ]


def test_of_moments_of_one_action_near_each_other_the_surest_stays_where_wanted() -> None:
    (one,) = cut_chunks("r", SAID, None, 60)
    told = heard(
        (one, [found("Goal", 10, 0.4), found("Goal", 16, 0.9), found("Goal", 30, 0.3), found("Foul", 16)])
    )
    assert len(told.detections(RECORDING)) == 4
    kept = told.detections(RECORDING, apart_s=10.0)
    assert [(event.label, event.time) for event in kept] == [("Foul", 16), ("Goal", 16), ("Goal", 30)]


def test_what_was_not_answered_was_not_looked_at() -> None:
    one, two = cut_chunks("r", SAID, None, 120)
    told = Heard(
        (one, two),
        (None, Reading((), Counter({"told twice": 2}))),
        (Outcome(None, "boom", lacking=True), Outcome(Reading((), Counter()))),
        "m",
    )
    assert told.looked == ((60, 120),)
    assert told.notes() == (
        "language: 2 invented events were left out (2 told twice)",
        "language: 1 question has no usable answer",
    )


def test_only_doubtful_chunks_with_words_are_worth_asking() -> None:
    chunks = cut_chunks("r", SAID, None, 240)
    flat = [0.5] * 240
    goal = [0.01] * 240
    goal[130] = 0.5  # half believed
    goal[10] = 0.99  # believed
    asked = worth_asking(chunks, track(goal, flat), 0.25)
    assert asked == [2]
    assert worth_asking(chunks, None, 0.25) == [0, 1, 2, 3]
    assert worth_asking(chunks, track(goal, flat), 1.0) == [0, 1, 2, 3]
    mute = cut_chunks("r", SAID.between(0, 50), None, 240)
    assert worth_asking(mute, track(goal, flat), 1.0) == [0]
    assert worth_asking([], None, 1.0) == []
    assert doubts(chunks, track([], [])).tolist() == [0, 0, 0, 0]


def spotter(url: str, folder: Path, **how: Any) -> LanguageSpotter:
    asker = Asker(ServerSettings("m", url, backoff_s=0.01), folder)
    return LanguageSpotter(asker, LanguageSettings(prompts=PromptSettings(**how), share=1.0))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-abcdefgh")


def answered(*events: tuple[str, float, float]) -> Say:
    listed = [{"label": name, "start": a, "end": b, "confidence": 0.7} for name, a, b in events]
    return Say(json.dumps({"events": listed}))


def test_from_chunks_through_a_server_to_moments(tmp_path: Path) -> None:
    def script(body: Json, _: int) -> Say:
        return answered(("Corner", 10, 25), ("Dunk", 1, 2)) if "line 4" in str(body["messages"]) else answered()

    with serving(script) as server:
        told = spotter(server.url, tmp_path).hear(cut_chunks("r", SAID, None, 240))
        assert [(one.label, second) for one, second in told.moments()] == [("Corner", 77.5)]
        assert told.dropped == {"unknown action": 1}
        assert len(server.requests) == 4


def test_in_pairs_every_action_is_a_question_of_its_own(tmp_path: Path) -> None:
    def script(body: Json, _: int) -> Say:
        assert body["messages"][-1]["content"].endswith("?")
        return answered(("Goal", 5, 20))

    with serving(script) as server:
        told = spotter(server.url, tmp_path, style="pair").hear(cut_chunks("r", SAID, None, 60))
        assert len(server.requests) == 17
        # Only the question for goals may be answered with one.
        assert [one.label for one, _ in told.moments()] == ["Goal"]
        assert told.dropped == {"unknown action": 16}


def test_few_shot_prompts_carry_invented_examples(tmp_path: Path) -> None:
    with serving(answered()) as server:
        spotter(server.url, tmp_path, shots=3).hear(cut_chunks("r", SAID, None, 60))
        roles = [m["role"] for m in server.requests[0]["messages"]]
        assert roles == ["system", *["user", "assistant"] * 3, "user"]
        with pytest.raises(SettingsError, match="examples are wanted"):
            spotter(server.url, tmp_path, shots=4).hear(cut_chunks("r", SAID, None, 60))


def test_a_plan_counts_without_asking(tmp_path: Path) -> None:
    with serving(answered()) as server:
        plan = spotter(server.url, tmp_path).plan(cut_chunks("r", SAID, None, 240))
        assert (plan.questions, plan.kept) == (4, 0)
        assert server.requests == []


def test_a_share_out_of_range_is_refused() -> None:
    with pytest.raises(SettingsError, match="share"):
        LanguageSettings(share=0)
