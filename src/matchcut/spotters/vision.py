"""What an image-text encoder makes of a match's pictures: zero-shot, or fine-tuned on the sport's pictures.

Each sampled frame is compared with sentences for the sport's actions and with sentences for pictures on which
nothing happens (arXiv 2103.00020, section 3.1); what it is most like is a softmax over all of them. Scores lie
on a regular grid, smoothed in time; a replay's frames tell of the moment before it that they show again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock
from matchcut.encoders.features import FrameFeatures
from matchcut.encoders.text import TextEncoder, load_text
from matchcut.encoders.weights import need_weights
from matchcut.errors import SettingsError, ValidationError
from matchcut.events import Event, Evidence
from matchcut.observe.goals import when
from matchcut.observe.observed import Observed
from matchcut.recording import Recording
from matchcut.sport import Sport
from matchcut.sport.prompts import prompts_of
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.decoding import LabelDecoding, moments, smooth
from matchcut.spotters.highlights import shown_again
from matchcut.spotters.joint import with_sound
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.others import Scored, Trust
from matchcut.spotters.views import Views
from matchcut.tracks import ScoreTrack

SOURCE = "vision"
RATE = 2.0
SCALE = 100.0
"""What CLIP multiplies cosines with: where its training ended, and the most that it allows."""

_LEAST = 0.1  # moments below this are not carried on
_REPLAYED_S = 1.0  # a replay tells of so much around the moment that it shows again


@dataclass(frozen=True)
class VisionSettings:
    """How frames' likeness becomes moments.

    Attributes:
        hold_s: a frame tells of so much before and after it; beyond, nothing is known.
        smooth_s: standard deviation of the Gaussian that smooths the track.
        apart_s: two moments of a label nearer than this weaken each other.
        replay: what a replay's frames count for the moment before it, in [0, 1].
        sound: whether the crowd and the whistle are joined in, where they were listened to.
        trust: how far it is believed.

    Raises:
        SettingsError: a value is out of its range.
    """

    hold_s: float = 3.0
    smooth_s: float = 1.0
    apart_s: float = 20.0
    replay: float = 0.8
    sound: bool = True
    trust: Trust = field(default_factory=Trust)

    def __post_init__(self) -> None:
        if self.hold_s <= 0 or self.smooth_s < 0 or self.apart_s < 0 or not 0 <= self.replay <= 1:
            raise SettingsError(f"a vision setting is out of its range: {self}", "Correct it")


@dataclass(frozen=True)
class VisionSpotter:
    """Compares frames with sentences. Made by `load_vision_spotter` or `vision_spotter`.

    Attributes:
        labels: the actions, C of them.
        actions: a direction for each, shape (C, D).
        background: directions of pictures on which nothing happens, shape (B, D).
        scale: what cosines are multiplied with.
        weights: names the checkpoint's files; features must be of the same.
        identity: for the log's producer.
        settings: see `VisionSettings`.
    """

    labels: tuple[str, ...]
    actions: NDArray[np.float32]
    background: NDArray[np.float32]
    scale: float
    weights: str
    identity: str
    settings: VisionSettings = field(default_factory=VisionSettings)

    def likeness(self, features: FrameFeatures) -> NDArray[np.float32]:
        """How much each frame is like each action, among all sentences: shape (T, C), rows sum to at most 1.

        Raises:
            ValidationError: the features are of other weights.
        """
        if features.weights != self.weights:
            raise ValidationError(
                f"the features were made by {features.name}, not by the weights that are to judge them",
                "Encode the match again with the same weights",
            )
        all_texts = np.concatenate([self.actions, self.background])
        logits = self.scale * features.directions @ all_texts.T
        logits -= logits.max(axis=1, keepdims=True)
        likely = np.exp(logits, dtype=np.float64)
        likely /= likely.sum(axis=1, keepdims=True)
        return np.asarray(likely[:, : len(self.labels)], np.float32)

    def look(self, features: FrameFeatures, recording: Recording, observed: Observed | None = None) -> Scored:
        """What the pictures, and the sound where there is any, tell of a recording.

        Args:
            features: of its frames, by the same weights.
            recording: its sport gives windows, its clock names moments.
            observed: the shots tell replays from play; the sound is joined in.
        """
        clock = recording.clock
        seen = observed.shots if observed is not None else None
        views = Views(seen, clock, FusionSettings()) if seen is not None and seen.shots else None
        likely = self.likeness(features)
        duration = max(recording.duration or 0.0, features.duration)
        track = self._track(features, likely, duration, views)
        crowd = None
        if self.settings.sound and observed is not None and observed.sound is not None and len(observed.sound):
            crowd = Crowd(observed.sound, clock, FusionSettings())
            track = with_sound(track, crowd)
        found = self._detections(track, features, recording, crowd)
        rests = frozenset({"sound"}) if crowd is not None else frozenset[str]()
        return Scored(track, found, self.settings.trust, self.identity, rests)

    def _track(
        self, features: FrameFeatures, likely: NDArray[np.float32], duration: float, views: Views | None
    ) -> ScoreTrack:
        """The frames' likeness on the grid, smoothed; replays count where the play was that they show."""
        times = np.arange(max(1, round(duration * RATE))) / RATE
        replays = views.replays if views is not None else []
        replayed = np.zeros(len(features), bool)
        for replay in replays:
            replayed |= (features.times >= replay.start) & (features.times < replay.end)
        scores = np.zeros((len(times), len(self.labels)))
        live = np.flatnonzero(~replayed)
        if len(live):
            after = np.clip(np.searchsorted(features.times[live], times), 1, max(len(live) - 1, 1))
            pair = np.minimum(np.stack([after - 1, after]), len(live) - 1)
            gaps = np.abs(features.times[live][pair] - times)
            nearest = np.where(gaps[0] <= gaps[1], pair[0], pair[1])
            scores = np.where((gaps.min(axis=0) <= self.settings.hold_s)[:, None], likely[live][nearest], 0.0)
        for replay in replays:
            inside = (features.times >= replay.start) & (features.times < replay.end)
            if inside.any():
                told = self.settings.replay * likely[inside].max(axis=0)
                around = np.abs(times - shown_again(replay, views)) <= _REPLAYED_S
                scores[around] = np.maximum(scores[around], told)
        deviation = self.settings.smooth_s * RATE
        smoothed = np.stack([smooth(column, deviation) for column in scores.T], axis=1)
        return ScoreTrack(self.labels, np.clip(smoothed, 0, 1).astype(np.float32), RATE, SOURCE)

    def _detections(
        self, track: ScoreTrack, features: FrameFeatures, recording: Recording, crowd: Crowd | None
    ) -> tuple[Event, ...]:
        how = LabelDecoding(0.0, self.settings.apart_s)
        found: list[Event] = []
        for label in self.labels:
            if label not in recording.sport:
                continue
            seconds, scores = moments(track.column(label), track.rate, how)
            for second, score in zip(seconds[scores >= _LEAST], scores[scores >= _LEAST], strict=True):
                time = round(float(second), 3)
                event = Event.around(label, time, recording.sport, score=round(float(score), 4))
                told = _evidence(event, features, recording.clock)
                heard = crowd.says(event) if crowd is not None else []
                heard_for = tuple(said.evidence for said in heard if said.weight > 0)
                found.append(Event.around(
                    label, time, recording.sport, score=event.score, evidence=(told, *heard_for)
                ))  # fmt: skip
        return tuple(sorted(found, key=lambda e: e.time))


def _evidence(event: Event, features: FrameFeatures, clock: MatchClock | None) -> Evidence:
    """Which picture it was."""
    at = float(features.times[features.nearest(np.array([event.time]))[0]])
    return Evidence(SOURCE, f"the picture at {when(at, clock)} is like {event.label!r}", event.score)


def load_vision_spotter(
    model: str, of: Sport, settings: VisionSettings | None = None, download: bool = False
) -> VisionSpotter:
    """A spotter for a sport from a checkpoint; its text tower is loaded, its vision tower is not.

    Args:
        model: a name on the hub, or a folder, such as ``matchcut train`` writes.
        of: the sport.
        settings: see `VisionSettings`.
        download: whether weights may be fetched.

    Raises:
        InputError: they are not on this machine or of another architecture.
        RequiresExtra: torch or transformers is not installed.
    """
    text = load_text(model, download=download)
    found = need_weights(model)
    scale = scale_of(found.path) if found.path is not None else SCALE
    return vision_spotter(text, of, scale=scale, weights=found.key, settings=settings)


def vision_spotter(
    text: TextEncoder,
    of: Sport,
    *,
    scale: float = SCALE,
    weights: str = "",
    settings: VisionSettings | None = None,
) -> VisionSpotter:
    """A spotter whose sentences a text encoder has read."""
    actions, background = sentences(of)
    directions = [mean_direction(text, given) for given in actions.values()]
    return VisionSpotter(
        labels=tuple(actions),
        actions=np.stack(directions),
        background=unit(text.encode(background)),
        scale=scale,
        weights=weights or text.identity,
        identity=f"vision {(weights or text.identity)[:12]}",
        settings=settings or VisionSettings(),
    )


_NOTHING = (
    "a photo of ordinary play in a {} match",
    "a wide view of the pitch during a {} match",
    "a close-up of a {} player standing",
    "the crowd in the stands of a {} stadium",
    "a graphic with statistics of a {} match",
    "a coach on the bench during a {} match",
)


def sentences(of: Sport) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """The sentences that stand for a sport's actions, by label, and those for nothing happening."""
    actions = prompts_of(of).for_labels(of.names)
    return actions, tuple(template.format(of.name) for template in _NOTHING)


def mean_direction(text: TextEncoder, given: Sequence[str]) -> NDArray[np.float32]:
    """The mean of several sentences' directions, at length one (prompt ensembling), shape (D,)."""
    mean: NDArray[np.float32] = unit(text.encode(given)).mean(axis=0)
    return unit(mean)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors at length one."""
    length = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    scaled: NDArray[np.float32] = np.asarray(vectors / length, np.float32)
    return scaled


def scale_of(folder: Path) -> float:
    """What a checkpoint multiplies cosines with; CLIP's own where it cannot be told."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / "model.safetensors", framework="np") as tensors:
            return _scale(float(tensors.get_tensor("logit_scale")))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        pass
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))["logit_scale"]
        return _scale(float(told))
    except (OSError, KeyError, TypeError, ValueError):
        return SCALE


def _scale(logarithm: float) -> float:
    return min(math.exp(min(logarithm, 10.0)), SCALE)
