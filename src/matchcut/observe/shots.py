"""A broadcast as shots: where each begins and ends, what kind of view it is, whether it is a replay."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError
from matchcut.media.rough import Planes
from matchcut.observe.board_away import Away, board_away, ends
from matchcut.observe.pitch import learn_pitch, look, standing
from matchcut.observe.readings import BoardTrack
from matchcut.observe.replays import replays, with_wipes
from matchcut.observe.transitions import HEIGHT, MARGIN_S, SPAN_S, WIDTH, Transition, TransitionFinder
from matchcut.progress import Progress, silent

KINDS = ("long", "close", "off", "unknown")
VIEW_S = 0.5
"""A small picture is kept every so often, to be judged when the pitch is known: 37 MB in three hours."""
LEAST_STEP_S = 0.06
"""Pictures nearer to the last one are left out: 60 a second tell little more than 15."""
LEAST_GROUND = 0.15
"""Less of the picture than this on the pitch, and the view is off it."""
LONG_GROUND = 0.28
"""A long shot shows at least so much ground …"""
LONG_THINGS = 0.012
"""… and at most this share of it covered by anything big."""
BY_BOARD = 0.7
"""How sure a replay is by the board's absence alone."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage from one shot to the next.

    Attributes:
        start, end: seconds on the recording.
        kind: "cut", "dissolve" or "wipe".
        score: confidence in [0, 1].
    """

    start: float
    end: float
    kind: str
    score: float


@dataclass(frozen=True, slots=True)
class Shot:
    """What one camera shows without interruption.

    Attributes:
        start, end: seconds on the recording.
        kind: "long" (the play, small figures), "close" (people large, the pitch behind them), "off" (no
            pitch in sight: a face before the stand, the bench, the crowd, a graphic), "unknown" where no pitch
            was learnt.
        confidence: share of the shot's pictures that say so, in [0, 1].
        motion: mean change of the picture in half a second, of 255.
        replay: probability that it is a replay, in [0, 1]; 0 where nothing speaks for it.
    """

    start: float
    end: float
    kind: str
    confidence: float
    motion: float
    replay: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class ShotTrack:
    """The shots of a recording.

    Attributes:
        shots: in order, with the passages' seconds between them.
        passages: in order; one fewer than the shots.
        notes: sentences for the user: what was damaged, what could not be told.
    """

    shots: tuple[Shot, ...]
    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()

    def at(self, second: float) -> Shot | None:
        """The shot that is shown then; within a passage the one that it leads to."""
        return next((shot for shot in self.shots if second < shot.end), None)

    def save(self, path: Path | str) -> Path:
        """Writes it as JSON, whole or not at all."""
        return files.write_json(path, {"version": 1, **dataclasses.asdict(self)})

    @classmethod
    def load(cls, path: Path | str) -> ShotTrack:
        """Reads what `save` wrote.

        Raises:
            InputError: it is missing or another kind of file.
        """
        try:
            data: Any = files.read_json(path)
            shots = tuple(Shot(**shot) for shot in data["shots"])
            return cls(shots, tuple(Passage(**p) for p in data["passages"]), tuple(data["notes"]))
        except (TypeError, KeyError) as error:
            raise InputError(
                f"{path}: not a list of shots ({error})", "Delete it; it will be made anew"
            ) from error


def with_board_hidden(track: ShotTrack, hidden: Sequence[Away]) -> ShotTrack:
    """The track with shots taken for replays, to 0.7, between two passages at which the board goes and comes.

    A board that goes or comes without a passage was merely not read; where no picture between the passages
    shows the pitch, it is something else that hides it.
    """
    shots = list(track.shots)
    for away in hidden:
        edges = ends(away, track.passages)
        if edges is None:
            continue
        inside = range(edges[0] + 1, edges[1] + 1)  # a passage's number is that of the shot before it
        if any(shots[n].kind != "off" for n in inside):
            for n in inside:
                shots[n] = dataclasses.replace(shots[n], replay=max(shots[n].replay, BY_BOARD))
    return dataclasses.replace(track, shots=tuple(shots))


def find_shots(path: Path | str, progress: Progress = silent) -> ShotTrack:
    """The shots of a video; see `matchcut.observe.watch.observe`, which does more in the same pass.

    A recording without a picture gives an empty track with a note.

    Args:
        path: the video.
        progress: told the seconds done and the seconds there are.

    Raises:
        InputError: the file cannot be read, or nothing of its picture can be decoded.
    """
    from matchcut.observe.watch import observe

    track = observe(path, ["shots"], progress=progress).shots
    return ShotTrack((), ()) if track is None else track


@dataclass(frozen=True, eq=False)
class ShotPart:
    """What a `ShotFinder` saw in its stretch of the recording.

    Attributes:
        times: recording seconds of the views, shape (n,).
        views: small pictures, shape (n, 3, 18, 32), 37 MB in three hours.
        transitions: between shots, in order.
    """

    times: NDArray[np.float64]
    views: NDArray[np.uint8]
    transitions: tuple[Transition, ...]


class ShotFinder:
    """Takes the pictures of a recording, or of a stretch of it, one by one.

    Args:
        start, end: the stretch to tell of, in recording seconds, multiples of `SPAN_S`; pictures are needed
            from `MARGIN_S` before it to the first one `MARGIN_S` after it.
    """

    def __init__(self, start: float = 0.0, end: float = math.inf) -> None:
        self._transitions = TransitionFinder(start=start)
        self._start, self._end = start, end
        self._found: list[Transition] = []
        self._last = -math.inf
        self._times: list[float] = []
        self._views: list[NDArray[np.uint8]] = []

    def wants(self, time: float) -> bool:
        """Whether a picture of this second would tell anything new."""
        if time < self._start - MARGIN_S:
            return False
        # Counted anew from the margin of each span on, so that it does not matter where one began.
        return time >= self._last + LEAST_STEP_S or _place(time + MARGIN_S, SPAN_S) != _place(
            self._last + MARGIN_S, SPAN_S
        )

    def add(self, time: float, picture: Planes) -> None:
        """Takes the next picture: its second, later than the last one's, and shape (3, 36, 64)."""
        self._last = time
        self._found += self._transitions.add(time, picture)
        inside = self._start <= time < self._end
        if inside and (not self._times or _place(time, VIEW_S) != _place(self._times[-1], VIEW_S)):
            self._times.append(time)
            pooled = picture.reshape(3, HEIGHT // 2, 2, WIDTH // 2, 2).mean((2, 4), dtype=np.float32)
            self._views.append(pooled.astype(np.uint8))

    def part(self) -> ShotPart:
        """What was seen, when all pictures were given."""
        found = [*self._found, *self._transitions.finish()]
        views = np.array(self._views, dtype=np.uint8).reshape(-1, 3, HEIGHT // 2, WIDTH // 2)
        return ShotPart(np.array(self._times), views, tuple(t for t in found if t.start < self._end))

    def finish(self, duration: float) -> ShotTrack:
        """The shots of a whole recording, when all pictures were given; ``duration`` ends the last."""
        return shots_of([self.part()], duration)


def _place(time: float, step: float) -> float:
    """Which of the steps of the recording a second lies in."""
    return float(np.floor(time / step + 1e-6))


def shots_of(parts: Sequence[ShotPart], duration: float, board: BoardTrack | None = None) -> ShotTrack:
    """The shots of a recording.

    Args:
        parts: what was seen in its stretches, in order.
        duration: seconds; they end the last shot.
        board: what was read off the scoreboard, where somebody looked: while it is away there are replays.
    """
    times = np.concatenate([np.zeros(0), *(part.times for part in parts)])
    if not len(times):
        return ShotTrack((), (), ("the recording has no picture that could be decoded",))
    views = np.concatenate([part.views for part in parts])
    transitions = [transition for part in parts for transition in part.transitions]
    hidden = () if board is None else board_away(board)
    passages = with_wipes(transitions, [pair for away in hidden if (pair := ends(away, transitions))])
    labels = _labels(views)
    last = max(duration, times[-1], passages[-1].end if passages else 0.0)
    edges = [0.0, *(edge for p in passages for edge in (p.start, p.end)), float(last)]
    shots = [
        _shot(start, max(end, start), times, views, labels)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    shots = _with_replays(shots, passages)
    notes = () if labels is not None else ("no pitch was recognized, so the kinds of shots are unknown",)
    told = tuple(Passage(p.start, p.end, p.kind, round(p.score, 3)) for p in passages)
    return with_board_hidden(ShotTrack(tuple(shots), told, notes), hidden)


def _labels(views: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """Each picture's kind as its place in `KINDS`; None without a pitch."""
    colour = learn_pitch(views)
    if colour is None:
        return None
    seen = look(views, colour, standing(views, colour))
    things = np.maximum(seen.bulk, seen.tall)
    labels = np.ones(len(views), dtype=np.int64)
    labels[(seen.ground >= LONG_GROUND) & (things <= LONG_THINGS)] = 0
    labels[seen.ground < LEAST_GROUND] = 2
    return labels


def _shot(
    start: float,
    end: float,
    times: NDArray[np.float64],
    views: NDArray[np.uint8],
    labels: NDArray[np.int64] | None,
) -> Shot:
    inside = np.flatnonzero((times >= start) & (times <= end))
    if not len(inside):
        inside = np.array([np.abs(times - (start + end) / 2).argmin()])
    steps = np.abs(np.diff(views[inside].astype(np.int16), axis=0))
    motion = round(float(steps.mean()), 2) if steps.size else 0.0
    if labels is None:
        return Shot(start, end, "unknown", 0.0, motion)
    votes = np.bincount(labels[inside], minlength=3)
    kind = int(votes.argmax())
    return Shot(start, end, KINDS[kind], round(float(votes[kind] / votes.sum()), 3), motion)


def _with_replays(shots: Sequence[Shot], passages: Sequence[Transition]) -> list[Shot]:
    wipes = [p for p in passages if p.kind == "wipe"]
    shares = []
    for a, b in itertools.pairwise(wipes):
        inside = [s for s in shots if s.start >= a.end - 1e-6 and s.end <= b.start + 1e-6]
        whole = sum(s.duration for s in inside)
        shares.append(sum(s.duration for s in inside if s.kind == "long") / max(whole, 1e-6))
    found = replays(wipes, shares)
    marked = []
    for shot in shots:
        middle = (shot.start + shot.end) / 2
        sure = next((p for a, b, p in found if a <= middle <= b), 0.0)
        marked.append(dataclasses.replace(shot, replay=round(sure, 3)))
    return marked
