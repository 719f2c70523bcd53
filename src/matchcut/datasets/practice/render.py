"""Rendering a match: the one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock
from matchcut.datasets.practice.commentary import speak
from matchcut.datasets.practice.plot import write_script
from matchcut.datasets.practice.script import Script
from matchcut.datasets.practice.settings import PracticeSettings, check_duration
from matchcut.datasets.practice.truth import BroadcastTruth
from matchcut.datasets.subtitles import write_srt
from matchcut.errors import SettingsError
from matchcut.events import Event, EventLog, Evidence
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.sport import Sport, soccer
from matchcut.transcript import Transcript

VIDEO, SUBTITLES, TRUTH, BROADCAST = "practice.mp4", "practice.srt", "truth.json", "broadcast.json"


@dataclass(frozen=True)
class PracticeMatch:
    """What `render_match` wrote.

    Attributes:
        video: the MP4, with the commentary as a subtitle stream too.
        subtitles: the commentary as SRT.
        truth: every labelled moment, an events file.
        broadcast: what is shown and heard: see `BroadcastTruth`.
        clock: what the match clock shows when.
    """

    video: Path
    subtitles: Path
    truth: Path
    broadcast: Path
    clock: MatchClock


def render_match(
    folder: Path | str,
    *,
    seed: int = 0,
    duration_s: float = 180.0,
    settings: PracticeSettings | None = None,
    of: Sport = soccer,
    progress: Progress = silent,
) -> PracticeMatch:
    """Renders a labelled practice match: picture, sound, commentary and truth.

    The match is synthetic: nothing measured on it is a claim about real ones. The same seed, length and
    settings give the same truth, commentary and pictures. From 180 s on, every seed has at least a goal with
    its kick-off, a direct and an indirect free-kick, a corner, a foul with a yellow card, a substitution, an
    offside, shots on and off target, throw-ins and goal kicks. Baseball is a piece of a game,
    pitch after pitch.

    Args:
        folder: where ``practice.mp4``, ``practice.srt``, ``truth.json`` and ``broadcast.json`` go; made if it
            is not there.
        seed: another seed is another match.
        duration_s: its length in seconds, at least 8.
        settings: size, rates, clock, board, faults and the commentary's noise; None for the usual ones.
        of: soccer or baseball.
        progress: told the seconds of the match that are done.

    Raises:
        SettingsError: the length or the seed is out of range.
        OutputError: a file cannot be written; what was there stays.
    """
    chosen = settings or PracticeSettings()
    place = Path(folder)
    said, log, broadcast = render_video(
        place / VIDEO, seed=seed, duration_s=duration_s, settings=chosen, of=of, progress=progress
    )
    write_srt(said, place / SUBTITLES)
    log.save(place / TRUTH)
    broadcast.save(place / BROADCAST)
    clock = broadcast.clock
    return PracticeMatch(place / VIDEO, place / SUBTITLES, place / TRUTH, place / BROADCAST, clock)


def render_video(
    path: Path | str,
    *,
    seed: int = 0,
    duration_s: float = 180.0,
    settings: PracticeSettings | None = None,
    of: Sport = soccer,
    progress: Progress = silent,
) -> tuple[Transcript, EventLog, BroadcastTruth]:
    """Renders the film of a practice match alone; gives what is said in it and both truths.

    Args:
        path: the MP4; the rest is as for `render_match`.

    Raises:
        SettingsError: the length or the seed is out of range.
        OutputError: it cannot be written; what was there stays.
    """
    from matchcut.datasets.practice.writing import write_video

    chosen = settings or PracticeSettings()
    if seed < 0:
        raise SettingsError(f"a seed is zero or more, not {seed}", "Choose another")
    frame, sound, said, log, broadcast = (_game if of.name == "baseball" else _match)(seed, duration_s, chosen)
    frames = round(duration_s * chosen.frame_rate)
    write_video(Path(path), frame, frames, sound, said, chosen, progress)
    return said, log, broadcast


Parts = tuple[
    Callable[[int], NDArray[np.uint8]], NDArray[np.float32] | None, Transcript, EventLog, BroadcastTruth
]
"""What a film is made of: the frames, the sound, the words, and both truths."""


def _match(seed: int, duration_s: float, settings: PracticeSettings) -> Parts:
    from matchcut.datasets.practice.motion import set_in_motion
    from matchcut.datasets.practice.picture import Painter
    from matchcut.datasets.practice.sound import mix
    from matchcut.datasets.practice.telling import broadcast_truth

    script, said, log = practice_truth(seed, duration_s, settings)
    painter = Painter(script, set_in_motion(script, float(settings.frame_rate)), settings)
    sound = None if "no sound" in settings.faults else mix(script, settings.sample_rate, said)
    return painter.frame, sound, said, log, broadcast_truth(script, settings)


def _game(seed: int, duration_s: float, settings: PracticeSettings) -> Parts:
    from matchcut.datasets.practice.baseball.render import GamePainter, game_broadcast, game_sound, game_truth

    game, said, log = game_truth(seed, duration_s, settings, VIDEO, SUBTITLES)
    painter = GamePainter(game, settings)
    return painter.frame, game_sound(game, settings, said), said, log, game_broadcast(game, settings)


def practice_truth(
    seed: int, duration_s: float = 180.0, settings: PracticeSettings | None = None
) -> tuple[Script, Transcript, EventLog]:
    """The script, the commentary and the truth of a match, without rendering it.

    Raises:
        SettingsError: the length or the seed is out of range.
    """
    chosen = settings or PracticeSettings()
    check_duration(duration_s, chosen)
    if seed < 0:
        raise SettingsError(f"a seed is zero or more, not {seed}", "Choose another")
    script = write_script(seed, duration_s, chosen)
    recording = Recording(
        VIDEO,
        soccer,
        duration=duration_s,
        media=Path(VIDEO),
        transcript=Path(SUBTITLES),
        frame_rate=Fraction(chosen.frame_rate),
        clock=script.clock,
    )
    log = EventLog(
        (_event(h.label, h.t, h.team, duration_s, script.sense(h.t)) for h in script.happenings),
        recording,
        f"practice, seed {seed}",
    )
    said = Transcript([], "en", "practice") if "no commentary" in chosen.faults else speak(script, chosen)
    return script, said, log


def _event(label: str, t: float, team: int | None, duration_s: float, sense: str | None) -> Event:
    """A moment of the truth; its window ends with the recording at the latest."""
    kind = soccer.label(label)
    time = round(t, 3)
    return Event(
        kind.name,
        time,
        max(time - kind.before_s, 0.0),
        min(time + kind.after_s, duration_s),
        evidence=(Evidence("practice", f"written in the script{f', for {sense} alone' if sense else ''}"),),
        team=None if team is None else ("home", "away")[team],
        visible=sense in (None, "video"),
    )
