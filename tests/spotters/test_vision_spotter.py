"""The pictures as a source: likeness, time, replays, sound, and what the fusion makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import LENGTH, recording, said, shots, sound

from matchcut.encoders.features import FrameFeatures
from matchcut.encoders.simple import hashed_words
from matchcut.errors import SettingsError, ValidationError
from matchcut.observe.observed import Observed
from matchcut.sport import soccer
from matchcut.sport.prompts import prompts_of
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.fuse import fuse
from matchcut.spotters.joint import with_sound
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.vision import (
    NOTHING,
    VisionSettings,
    VisionSpotter,
    mean_direction,
    scale_of,
    trained_prompts,
    vision_spotter,
)
from matchcut.tracks import ScoreTrack

TEXT = hashed_words(256, 80)


def spotter(**how: Any) -> VisionSpotter:
    settings = VisionSettings(**how)
    return vision_spotter(TEXT, soccer, scale=20.0, weights="w", settings=settings)


def frames(*shown: tuple[float, float, str], every: float = 2.0, blend: float = 0.2) -> FrameFeatures:
    """Frames that look like ordinary play, and like an action from one second to another."""
    times = np.arange(0.0, LENGTH, every)
    play = mean_direction(TEXT, [NOTHING[0].format("soccer")])
    vectors = np.tile(play, (len(times), 1))
    for start, end, label in shown:
        looks = mean_direction(TEXT, prompts_of(soccer).of(label))
        vectors[(times >= start) & (times < end)] = looks + blend * play
    return FrameFeatures(times, vectors, times, "e", "w", "model", "c", LENGTH)


def test_a_frame_is_like_what_it_shows() -> None:
    found = spotter().likeness(frames((300.0, 306.0, "Corner")))
    at = soccer.names.index("Corner")
    assert found[151].argmax() == at
    assert found[151, at] > 0.5 > found[:140].max()
    assert (found.sum(axis=1) <= 1 + 1e-5).all()
    with pytest.raises(ValidationError, match="not by the weights"):
        spotter().likeness(replace(frames(), weights="other"))


def test_moments_lie_where_the_pictures_are_and_name_them() -> None:
    scored = spotter().look(frames((300.0, 306.0, "Corner"), (900.0, 904.0, "Yellow card")), recording())
    sure = [event for event in scored.detections if (event.score or 0) > 0.3]
    assert [event.label for event in sure] == ["Corner", "Yellow card"]
    assert sure[0].time == pytest.approx(302.0, abs=2.5)
    assert sure[1].time == pytest.approx(901.0, abs=2.5)
    assert sure[0].evidence[0].source == "vision"
    assert "is like 'Corner'" in sure[0].evidence[0].detail
    assert len(scored.track) == LENGTH * 2
    assert scored.track.source == "vision"
    assert not scored.rests_on


def test_beyond_what_a_frame_tells_nothing_is_known() -> None:
    features = frames((300.0, 306.0, "Corner"))
    few = np.r_[0:140, 151, 400:750]
    sparse = replace(features, times=features.times[few], vectors=features.vectors[few])
    column = spotter(smooth_s=0.0).look(sparse, recording()).track.column("Corner")
    assert column[2 * 302] > 0.5
    assert column[2 * 310] == 0
    assert column[2 * 296] == 0


def test_a_replay_tells_of_the_moment_before_it() -> None:
    observed = Observed(shots=shots([(742.0, 760.0, 775.0)]))
    features = frames((762.0, 774.0, "Goal"))
    direct = spotter().look(features, recording()).detections
    moved = spotter().look(features, recording(), observed).detections
    assert max(direct, key=lambda e: e.score or 0).time > 760
    goal = max(moved, key=lambda e: e.score or 0)
    assert goal.label == "Goal"
    assert goal.time == pytest.approx(739.0, abs=3.0)


def test_the_sound_is_joined_in_once() -> None:
    loud = Observed(sound=sound([(301.0, 9.0)]))
    quiet = Observed(sound=sound([(900.0, 9.0)]))
    features = frames((300.0, 306.0, "Goal"), blend=1.0)

    def top(observed: Observed) -> float:
        events = spotter().look(features, recording(), observed).detections
        return max((e.score or 0) for e in events if e.label == "Goal")

    assert top(loud) > top(Observed()) > top(quiet)
    scored = spotter().look(features, recording(), loud)
    assert scored.rests_on == {"sound"}
    best = max(scored.detections, key=lambda e: e.score or 0)
    assert [e.source for e in best.evidence] == ["vision", "sound"]
    fused = fuse(recording(), observed=loud, others=[scored], min_score=0.01).log.where("Goal", before=320)
    assert sum(e.source == "sound" for e in max(fused, key=lambda e: e.score or 0).evidence) == 1
    apart = spotter(sound=False).look(features, recording(), loud)
    assert not apart.rests_on


def test_sound_moves_what_it_goes_with_and_makes_nothing_alone() -> None:
    labels = ("Goal", "Corner", "Foul")
    scores = np.full((3000, 3), 0.3, np.float32)
    scores[:, 0][1000:] = 0.0
    track = ScoreTrack(labels, scores, 2.0, "vision")
    crowd = Crowd(sound([(200.0, 9.0), (700.0, 9.0)], whistles=[400.0]), None, FusionSettings())
    joint = with_sound(track, crowd)
    assert joint.column("Goal")[400] > 0.4
    assert joint.column("Goal")[700] < 0.3
    assert joint.column("Goal")[1400] == 0, "a roar alone is no goal"
    assert np.array_equal(joint.column("Corner"), track.column("Corner")), "no sound goes with it"
    assert joint.column("Foul")[800] > 0.3 > joint.column("Foul")[1200]
    silent = replace(crowd.sound, loudness=np.full_like(crowd.sound.loudness, -100.0))
    assert np.array_equal(with_sound(track, Crowd(silent, None, FusionSettings())).scores, track.scores)


def test_it_joins_the_fusion() -> None:
    scored = spotter().look(frames((300.0, 306.0, "Corner")), recording())
    alone = fuse(recording(), others=[scored]).log.where("Corner")
    heard = fuse(recording(), commentary=said([("Corner", 304.0, 0.5)])).log.where("Corner")
    both = fuse(recording(), commentary=said([("Corner", 304.0, 0.5)]), others=[scored]).log.where("Corner")
    assert len(alone) == len(both) == 1
    assert (alone[0].score or 0) <= 0.5
    assert (both[0].score or 0) > (heard[0].score or 0)


def test_scale_and_sentences_come_from_the_checkpoint(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    assert scale_of(tmp_path) == 100.0
    (tmp_path / "config.json").write_text(json.dumps({"logit_scale": 3.0}))
    assert scale_of(tmp_path) == pytest.approx(np.exp(3.0))
    save_file({"logit_scale": np.array(2.0, np.float32)}, tmp_path / "model.safetensors")
    assert scale_of(tmp_path) == pytest.approx(np.exp(2.0))
    save_file({"logit_scale": np.array(50.0, np.float32)}, tmp_path / "model.safetensors")
    assert scale_of(tmp_path) == 100.0
    assert trained_prompts(tmp_path, soccer) == {}
    told = {"prompts": {"Corner": ["a corner"], "Serve": ["a serve"]}}
    (tmp_path / "frames.json").write_text(json.dumps(told))
    assert trained_prompts(tmp_path, soccer) == {"Corner": ("a corner",)}
    with pytest.raises(SettingsError):
        VisionSettings(hold_s=0)
