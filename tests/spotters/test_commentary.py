"""The commentary spotter: its decoding, its weights, and odd transcripts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import game_list, read_labels
from matchcut.errors import InputError, SettingsError
from matchcut.metrics.spotting import evaluate_soccernet
from matchcut.recording import Recording
from matchcut.sport import soccer
from matchcut.spotters.commentary import WEIGHTS, CommentarySpotter
from matchcut.spotters.decoding import LabelDecoding, moments, peaks, probability, smooth, weaken_neighbours
from matchcut.spotters.settings import FILE, read_settings
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance


@pytest.fixture(scope="module")
def spotter() -> CommentarySpotter:
    return CommentarySpotter.load(threads=1)


def talk(*rows: tuple[float, str]) -> Transcript:
    return Transcript([Utterance(second, second + 4, text) for second, text in rows])


CORNER = talk(
    (300, "And that will be a corner kick."),
    (306, "The corner is taken, headed away."),
    (600, "They pass the ball around in midfield."),
)


def greedy(places: np.ndarray, scores: np.ndarray, apart: float) -> np.ndarray:
    left, waiting = scores.copy(), np.ones(len(scores), bool)
    while waiting.any():
        best = int(np.where(waiting, left, -1).argmax())
        waiting[best] = False
        distance = np.abs(places - places[best])
        near = waiting & (distance < apart)
        left[near] *= (distance[near] / apart) ** 2
    return left


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 50)), max_size=40, unique_by=lambda row: row[0]),
    st.floats(0.5, 60),
)
def test_suppression_equals_the_greedy_one(rows: list[tuple[int, int]], apart: float) -> None:
    rows.sort()
    places = np.array([place for place, _ in rows], float)
    # No two alike: between equals either order is as good.
    scores = np.array([(score + place / 1000) / 51 for place, score in rows], float)
    np.testing.assert_allclose(
        weaken_neighbours(places, scores, apart), greedy(places, scores, apart), atol=1e-12
    )


def test_equal_peaks_come_to_an_end() -> None:
    weakened = weaken_neighbours(np.arange(50.0), np.full(50, 0.5), 5.0)
    assert weakened[0] == 0.5
    assert weakened[1] < 0.01


def test_a_plateau_is_one_peak() -> None:
    assert peaks(np.array([0, 1, 1, 0, 2.0])).tolist() == [2, 4]


def test_smoothing_keeps_length_and_level() -> None:
    np.testing.assert_allclose(smooth(np.full(7, 0.3), 2.0), 0.3)
    assert smooth(np.zeros(0), 2.0).shape == (0,)


def test_a_moment_is_where_the_track_is_highest() -> None:
    track = np.zeros(100)
    track[[40, 42, 80]] = 0.9, 0.3, 0.2
    seconds, scores = moments(track, 1.0, LabelDecoding(0.0, 10.0))
    assert seconds.tolist() == [40, 42, 80]
    np.testing.assert_allclose(scores, [0.9, 0.3 * 0.04, 0.2])


def test_calibration_keeps_the_order() -> None:
    scores = np.linspace(0, 1, 50)
    assert (np.diff(probability(scores, LabelDecoding(0, 1, slope=0.7, intercept=-1))) > 0).all()


def test_importing_it_loads_no_onnxruntime() -> None:
    code = (
        "import sys, matchcut.spotters.commentary; print('onnxruntime' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_package_holds_its_weights() -> None:
    size = sum(path.stat().st_size for path in WEIGHTS.rglob("*") if path.is_file())
    assert size <= 20_000_000
    assert CommentarySpotter.load().labels == soccer.names
    assert (WEIGHTS / "MODEL_CARD.md").is_file()


def test_a_corner_is_heard(spotter: CommentarySpotter) -> None:
    track = spotter.track(CORNER, duration=900)
    assert track.labels == soccer.names
    assert 900 <= track.duration <= 905
    assert 290 < track.times[track.column("Corner").argmax()] < 320
    recording = Recording("half", duration=900.0)
    log = spotter.events(track, recording, transcript=CORNER)
    best = max(log.where("Corner"), key=lambda event: event.score or 0)
    assert best.evidence[0].source == "commentary"
    assert "corner" in best.evidence[0].detail
    assert best.start < best.time < best.end


def test_every_detection_is_lower_or_equal_than_shown(spotter: CommentarySpotter) -> None:
    recording = Recording("half", duration=900.0)
    track = spotter.track(CORNER, duration=900)
    everything, shown = spotter.detections(track, recording), spotter.events(track, recording)
    assert len(everything) > len(shown)
    assert {(e.label, e.time) for e in shown} <= {(e.label, e.time) for e in everything}
    assert len(spotter.events(track, recording, min_score=1.0)) <= len(shown)
    assert all(event.time <= 900 for event in everything)


def test_the_same_transcript_twice_changes_nothing(spotter: CommentarySpotter) -> None:
    once, twice = spotter.track(CORNER), spotter.track_many([CORNER, CORNER])
    np.testing.assert_allclose(once.scores, twice.scores, atol=1e-5)


def test_silence_has_no_moments(spotter: CommentarySpotter) -> None:
    for said in (Transcript([]), Transcript([]).between(3, 4)):
        track = spotter.track(said, duration=120)
        assert not track.scores.any()
        assert len(spotter.detections(track, Recording("half", duration=120.0))) == 0
    assert spotter.track_many([], duration=None).duration == 60


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 90), st.text(max_size=40)), min_size=1, max_size=6),
    st.sampled_from([None, 1, 2]),
)
def test_any_transcript_gives_a_sound_track(
    spotter: CommentarySpotter, rows: list[tuple[float, float, str]], half: int | None
) -> None:
    said = Transcript([Utterance(start, start + length, text) for start, length, text in rows])
    track = spotter.track(said, half=half)
    assert np.isfinite(track.scores).all()
    log = spotter.detections(track, Recording("r", duration=500.0))
    assert all(0 <= event.score <= 1 for event in log if event.score is not None)


def test_events_leave_labels_out_that_a_track_does_not_have(spotter: CommentarySpotter) -> None:
    track = ScoreTrack(("Goal",), np.array([[0.1], [0.9], [0.1]], np.float32), 1.0, "commentary")
    assert {event.label for event in spotter.detections(track, Recording("r"))} == {"Goal"}


def test_other_weights_have_another_identity(spotter: CommentarySpotter, tmp_path: Path) -> None:
    folder = copytree(WEIGHTS, tmp_path / "weights")
    changed = read_settings(folder)
    replace(changed, training={"other": True}).save(folder)
    assert CommentarySpotter.load(folder, threads=1).identity != spotter.identity


def test_damaged_weights_say_so(tmp_path: Path) -> None:
    folder = copytree(WEIGHTS, tmp_path / "weights")
    network = folder / read_settings(folder).networks[0]
    network.write_bytes(b"not a network")
    with pytest.raises(InputError, match="not a network"):
        CommentarySpotter.load(folder)
    (folder / FILE).write_text('{"networks": []}', encoding="utf-8")
    with pytest.raises(SettingsError, match="needs the keys"):
        CommentarySpotter.load(folder)
    with pytest.raises(InputError, match="no such file"):
        CommentarySpotter.load(tmp_path)


def test_decoding_refuses_unknown_keys() -> None:
    value = LabelDecoding(1, 2).to_json()
    assert LabelDecoding.from_json(value) == LabelDecoding(1, 2)
    with pytest.raises(SettingsError, match="keys"):
        LabelDecoding.from_json(value | {"nms": 3})
    with pytest.raises(SettingsError, match="range"):
        LabelDecoding(1, 2, min_score=2)


@pytest.mark.data
def test_a_real_game_is_spotted(data_folder: Path, spotter: CommentarySpotter) -> None:
    """One valid game: far above chance, and the product's reading equals the one it was measured with."""
    game = game_list("valid")[1]
    truth = read_labels(data_folder / "soccernet-v2-labels-train-valid.zip", games=[game])
    found = {}
    with EchoesArchive(data_folder / "soccernet-echoes-train-valid.zip") as archive:
        for half in (1, 2):
            said = list(archive.transcripts(game, half).values())
            track = spotter.track_many(said, half=half)
            found[half] = spotter.detections(track, Recording(f"{game}/{half}"))
    assert evaluate_soccernet(truth, {game: found}).a_mAP > 0.15


def test_nothing_is_shown_beyond_the_end() -> None:
    spotter = CommentarySpotter.load(threads=1)
    said = Transcript([Utterance(27.0, 29.5, "Goal! What a goal! He scores! Corner, corner kick!")])
    recording = Recording("a clip", duration=30.0)
    track = spotter.track(said, 30.0)
    assert all(event.time < 30.0 for event in spotter.events(track, recording, said, min_score=0.0))
    assert all(event.time <= 30.0 for event in spotter.detections(track, recording))


def test_scores_are_the_same_each_time_with_any_number_of_threads() -> None:
    said = Transcript(
        [Utterance(2.0 * i, 2.0 * i + 1.9, "and that is another corner kick for them") for i in range(900)]
    )
    tracks = [
        CommentarySpotter.load(threads=n).track(said, 1800.0, 1).scores for n in (1, 3, None) for _ in range(2)
    ]
    assert all(np.array_equal(tracks[0], other) for other in tracks[1:])


def test_the_weights_name_no_file_of_the_machine_that_made_them() -> None:
    for path in WEIGHTS.rglob("*.onnx"):
        assert b".py" not in path.read_bytes(), path
