"""A trained temporal spotter as a folder, and what it says of a recording.

The folder holds ``weights-0.safetensors`` …, ``settings.json`` (networks, labels, decoding, which features) and
a card, ``README.md``; after an export also ``network-0.onnx`` …, which run without torch. It can be copied
elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.spotters.decoding import detected
from matchcut.spotters.stretches import Half, stack, stretch_of
from matchcut.spotters.suppression import SUPPRESSIONS
from matchcut.spotters.temporal_runners import NETWORK, WEIGHTS, Runner, load_net, onnx_runner, torch_runner
from matchcut.spotters.temporal_settings import FILE, TemporalSettings
from matchcut.tracks import ScoreTrack

SOURCE = "temporal"
FINE = 2.0
"""Rows a second of the track of a spotter with displacements: the grid of SoccerNet's metric."""

_AT_ONCE = 2
"""Pieces in one batch: four take no less processor time, and a third more memory."""

Floats = NDArray[np.float32]


class TemporalSpotter:
    """Finds a match's moments in features of one or several modalities. Made by `load`.

    Args:
        settings: the folder's.
        runners: one for each member.
        identity: names these very weights, for caches.
    """

    def __init__(self, settings: TemporalSettings, runners: Sequence[Runner], identity: str) -> None:
        self.settings, self.identity = settings, identity
        self._runners = tuple(runners)

    @classmethod
    def load(cls, folder: Path | str, backend: str = "auto") -> TemporalSpotter:
        """Reads a folder.

        Args:
            folder: what training wrote.
            backend: "torch", "onnx" (after `export`), or "auto": onnx where it was exported.

        Raises:
            InputError: a file is missing, damaged or of another network.
            SettingsError: the settings are of another shape.
        """
        place = Path(folder)
        settings = TemporalSettings.load(place)
        numbers = range(len(settings.networks))
        if backend == "auto":
            backend = "onnx" if all((place / NETWORK.format(n)).exists() for n in numbers) else "torch"
        runners: list[Runner] = []
        for number in numbers:
            if backend == "onnx":
                runners.append(onnx_runner(place / NETWORK.format(number), settings))
            else:
                runners.append(torch_runner(load_net(place, settings, number)))
        return cls(settings, runners, cls.name_of(place))

    @staticmethod
    def name_of(folder: Path | str) -> str:
        """Names the weights and settings of a folder, without loading them.

        Raises:
            InputError: a file is missing.
        """
        place = Path(folder)
        digest = hashlib.sha256(files.read_bytes(place / FILE))
        for number in range(len(TemporalSettings.load(place).networks)):
            weights, exported = place / WEIGHTS.format(number), place / NETWORK.format(number)
            # Where a spotter comes with the package there is nothing but what was exported.
            only = not weights.exists() and exported.exists()
            digest.update(files.content_key(exported if only else weights).encode())
        return f"{SOURCE} {digest.hexdigest()[:12]}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it can give."""
        return self.settings.labels

    @property
    def rate(self) -> float:
        """Rows a second of its tracks."""
        shifted = any(network.shift_s for network in self.settings.networks)
        return FINE if shifted else self.settings.net.rate

    def track(self, half: Half, know_half: bool = True) -> ScoreTrack:
        """What the features say of every cell of the grid, before anyone decides.

        Raises:
            InputError: none of the spotter's modalities is there, or one has another dimension than the
                spotter's, is shorter than a window, or holds NaN.
        """
        check_sources(half, self.settings)
        rows, rate = half.cells(self.settings.net.rate), self.settings.net.rate
        scores = np.zeros((rows, len(self.labels)), np.float32)
        shifts: Floats | None = None
        for begin, near, away in swept(self._runners, half, self.settings, know_half):
            scores[begin : begin + len(near)] += self._mixed(near) / len(self._runners)
            if away is not None:
                shifts = np.zeros((rows, len(self.labels)), np.float32) if shifts is None else shifts
                moved = away[:, : len(self.labels)] / len(self._runners)
                shifts[begin : begin + len(away)] += moved
        scores = np.clip(scores, 0, 1)
        if shifts is not None:
            return ScoreTrack(self.labels, displaced(scores, shifts, rate), FINE, SOURCE, 0.5 / FINE)
        return ScoreTrack(self.labels, scores, rate, SOURCE, 0.5 / rate)

    def events(self, track: ScoreTrack, recording: Recording, min_score: float | None = None) -> EventLog:
        """The moments worth showing; see `CommentarySpotter.events`."""
        kept = []
        for event in self._decoded(track, recording):
            score = event.score or 0.0
            least = self.settings.decoding[event.label].min_score if min_score is None else min_score
            if score >= least:
                told = Evidence(SOURCE, f"by {', '.join(self.settings.net.modalities)}", score)
                kept.append(
                    Event.around(event.label, event.time, recording.sport, score=score, evidence=(told,))
                )
        return EventLog(kept, recording, f"matchcut {self.identity}")

    def detections(self, track: ScoreTrack, recording: Recording) -> EventLog:
        """Every peak of the track, however unlikely: what average precision is measured on."""
        return EventLog(self._decoded(track, recording), recording, f"matchcut {self.identity}")

    def _mixed(self, near: Floats) -> Floats:
        """Probabilities (T, R, C) as the labels' scores (T, L)."""
        joined = np.tensordot(near, np.array(self.settings.radius_weights, np.float32), (1, 0))
        found: Floats = (joined @ self._mixing).astype(np.float32)
        return found

    @cached_property
    def _mixing(self) -> Floats:
        mixing = np.zeros((len(self.settings.outputs), len(self.labels)), np.float32)
        for column, label in enumerate(self.labels):
            for output, weight in self.settings.blends.get(label, {label: 1.0}).items():
                mixing[self.settings.outputs.index(output), column] = weight
        return mixing

    def _decoded(self, track: ScoreTrack, recording: Recording) -> Iterator[Event]:
        weaken = SUPPRESSIONS[self.settings.suppression]
        return detected(track, recording, self.settings.decoding, weaken)


def check_sources(half: Half, settings: TemporalSettings) -> None:
    """Refuses features that the networks cannot take, and nothing at all where the clock is not known either.

    Raises:
        InputError: see `TemporalSpotter.track`.
    """
    usable = [name for name in settings.widths if half.sources.get(name)]
    # Of a half from its kick-off on, the clock alone tells a little.
    if not usable and half.half is None:
        raise InputError(
            f"{half.name}: has none of the modalities that the spotter knows ({', '.join(settings.widths)})",
            "Give at least one of them",
        )
    for name in usable:
        for series in half.sources[name]:
            if series.width != settings.widths[name]:
                raise InputError(
                    f"{series.name}: has {series.width} numbers a row; the spotter's {name} has"
                    f" {settings.widths[name]} ({settings.encoders.get(name, 'of another encoder')})",
                    "Give the features that it was trained on",
                )
            if len(series.values) / series.rate < 2 * max(settings.net.radii_s[:1]):
                raise InputError(
                    f"{series.name}: {len(series.values)} rows at {series.rate:g} a second are too short to be"
                    " looked at",
                    "Give at least some seconds of features",
                )


def swept(
    runners: Sequence[Runner], half: Half, settings: TemporalSettings, know_half: bool = True
) -> Iterator[tuple[int, Floats, Floats | None]]:
    """A half piece by piece, so that memory does not grow with its length.

    The pieces overlap by two margins, which only give context.

    Yields:
        For each runner: the first cell, probabilities (T, R, C) and shifts (T, C) of the cells from there on.
    """
    rate, rows = settings.net.rate, half.cells(settings.net.rate)
    cells = max(2, round(settings.chunk_s * rate))
    margin = round(settings.margin_s * rate)
    step = cells - 2 * margin
    begins = list(range(0, rows, step))
    for at in range(0, len(begins), _AT_ONCE):
        some = begins[at : at + _AT_ONCE]
        drawn = [
            stretch_of(half, settings.widths, rate, begin - margin, cells, know_half=know_half)
            for begin in some
        ]
        given = stack(drawn, settings.widths)
        for runner in runners:
            near, away = runner(given)
            for place, begin in enumerate(some):
                kept = slice(margin, margin + min(step, rows - begin))
                yield begin, near[place, kept], None if away is None else away[place, kept]


def displaced(scores: Floats, shifts: Floats, rate: float) -> Floats:
    """Each cell's score where it says that its event lies, on a grid of `FINE`; of several the highest.

    Args:
        scores: (T, L).
        shifts: seconds from a cell's middle to the event, (T, L).
        rate: cells a second.
    """
    rows = int(np.ceil(len(scores) / rate * FINE))
    found = np.zeros((rows, scores.shape[1]), np.float32)
    middles = ((np.arange(len(scores)) + 0.5) / rate)[:, None]
    places = np.clip(np.floor((middles + shifts) * FINE), 0, rows - 1).astype(np.int64)
    for label in range(scores.shape[1]):
        np.maximum.at(found[:, label], places[:, label], scores[:, label])
    return found


__all__ = ["SOURCE", "TemporalSpotter", "check_sources", "displaced", "swept"]
