"""A baseball game's film, events and truth."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut.clock import MatchClock
from matchcut.datasets.boards import COUNT_FORMS, Board, count_board_box, draw_count_board, draw_ticker
from matchcut.datasets.practice import graphics
from matchcut.datasets.practice.baseball.game import LABELS, WIND_UP_S, Game, write_game
from matchcut.datasets.practice.baseball.views import SLOW, Views
from matchcut.datasets.practice.baseball.words import speak
from matchcut.datasets.practice.picture import noise_pictures, put_together, with_noise
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.datasets.practice.sound import Sound, add, crowd_and_voice
from matchcut.datasets.practice.telling import passages_of, shots_of, stretches, swells_of
from matchcut.datasets.practice.timeline import Segment, Timeline
from matchcut.datasets.practice.truth import (
    BoardTruth,
    BroadcastTruth,
    CountTruth,
    PitchTruth,
    ReplayTruth,
    ScoreTruth,
)
from matchcut.errors import SettingsError
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.sport import baseball
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FAULTS = {"no board", "small board", "ticker", "noise", "low bitrate", "no sound", "no commentary"}
"""Those of the faults that a baseball game can have."""
SHORTEST_S, LONGEST_S = 12.0, 3600.0


def game_truth(
    seed: int, duration_s: float, settings: PracticeSettings, video: str, subtitles: str
) -> tuple[Game, Transcript, EventLog]:
    """The game, its commentary and its labelled moments, without rendering it.

    Raises:
        SettingsError: the length is out of range, or baseball knows no such fault.
    """
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise SettingsError(
            f"a practice game of baseball lasts {SHORTEST_S:.0f} to {LONGEST_S:.0f} s, not {duration_s}",
            "Choose a length in between",
        )
    if unfit := sorted(settings.faults - FAULTS):
        raise SettingsError(f"baseball has no {', '.join(unfit)}", f"Choose from: {', '.join(sorted(FAULTS))}")
    game = write_game(seed, duration_s)
    recording = Recording(
        video, baseball, duration=duration_s, media=Path(video), transcript=Path(subtitles),
        frame_rate=Fraction(settings.frame_rate),
    )  # fmt: skip
    events = [
        Event(
            label,
            round(pitch.reach, 3),
            round(max(pitch.release - WIND_UP_S, 0.0), 3),
            round(min(pitch.reach + 2.2, duration_s), 3),
            evidence=(Evidence("practice", "written in the script"),),
            team="away" if pitch.before.top else "home",
            visible=True,
        )
        for pitch in game.pitches
        for label in LABELS[pitch.outcome]
        if pitch.reach < duration_s - 0.2
    ]
    said = Transcript([], "en", "practice") if "no commentary" in settings.faults else speak(game)
    return game, said, EventLog(events, recording, f"practice, seed {seed}")


def count_board(game: Game, settings: PracticeSettings) -> Board | None:
    """The board in the settings' colours and place; None where they have none."""
    if "no board" in settings.faults:
        return None
    board = settings.board
    form = board.form if board.form in COUNT_FORMS else COUNT_FORMS[game.seed % len(COUNT_FORMS)]
    size = min(8, board.size) if "small board" in settings.faults else board.size
    return replace(board, form=form, size=size, teams=(game.teams[0].code, game.teams[1].code))


def game_timeline(game: Game, settings: PracticeSettings) -> Timeline:
    """Which view fills which frames."""
    rate = float(settings.frame_rate)
    return Timeline(game.shots, game.seed, rate, round(game.duration_s * rate))


class GamePainter:
    """Draws the frames of a game; `frame` gives one.

    Args:
        game: what happens.
        settings: the picture's size, the board, what is difficult.
    """

    def __init__(self, game: Game, settings: PracticeSettings) -> None:
        self.game, self.settings = game, settings
        self.views = Views(game, settings.width, settings.height)
        self.timeline = game_timeline(game, settings)
        self.board = count_board(game, settings)
        self._noise = noise_pictures(settings) if "noise" in settings.faults else None

    def frame(self, number: int) -> NDArray[np.uint8]:
        """The picture of one frame, shape (height, width, 3), RGB."""
        picture = put_together(self.timeline, number, self._composed, self.game.seed % 3)
        return with_noise(np.asarray(picture), self._noise, number)

    def _composed(self, segment: Segment, t: float) -> Picture:
        picture = self.views.picture(segment.shot, t)
        if segment.kind == "replay":
            sign = graphics.replay_sign(self.views.scale)
            margin = round(16 * self.views.scale)
            picture.paste(sign, (picture.width - sign.width - margin, margin))
        if self.board is not None and board_shows(segment, self.settings):
            draw_count_board(picture, self.board, self.game.tally(t))
        if "ticker" in self.settings.faults:
            draw_ticker(picture, t)
        return picture


def board_shows(segment: Segment, settings: PracticeSettings) -> bool:
    """Whether the board stands on the picture."""
    return settings.board_in_replays or not segment.hides_board


def game_sound(game: Game, settings: PracticeSettings, said: Transcript) -> Sound | None:
    """Crowd, voice, the bat's crack and the mitt, shape (N,); None for a silent film."""
    if "no sound" in settings.faults:
        return None
    rate = settings.sample_rate
    sound = crowd_and_voice(game.surges, game.duration_s, game.seed, rate, said)
    t = np.arange(int(0.12 * rate)) / rate
    noise = np.random.default_rng([game.seed, 79]).standard_normal(len(t))
    crack = 0.5 * np.exp(-t / 0.006) * noise + 0.3 * np.exp(-t / 0.02) * np.sin(2 * np.pi * 950 * t)
    mitt = (
        0.35 * np.exp(-t / 0.015) * np.sin(2 * np.pi * (240 - 700 * t) * t) + 0.05 * np.exp(-t / 0.004) * noise
    )
    for pitch in game.pitches:
        hits = "hit" in LABELS[pitch.outcome] or pitch.outcome == "bunt"
        add(sound, crack if hits else mitt, pitch.reach, rate)
    return np.asarray(np.tanh(sound), dtype=np.float32)


def game_broadcast(game: Game, settings: PracticeSettings) -> BroadcastTruth:
    """What the broadcast of a game shows and lets hear."""
    timeline = game_timeline(game, settings)
    rate, end = timeline.rate, game.duration_s
    first = game.tallies[0][1]
    replays = tuple(
        ReplayTruth(round(s.first / rate, 3), round(s.last / rate, 3), round(s.shot.at, 3), SLOW)
        for s in timeline.segments
        if s.kind == "replay" and s.shot is not None
    )
    counts = tuple(
        CountTruth(round(t, 3), c.balls, c.strikes, c.outs, c.inning, c.top, c.away, c.home)
        for t, c in game.tallies
        if t < end
    )
    scores = tuple(
        ScoreTruth(round(at, 3), round(shown, 3), home, away, side)
        for at, shown, home, away, side in game.scored
        if at < end
    )
    return BroadcastTruth(
        sport="baseball", duration=end, size=(settings.width, settings.height),
        faults=tuple(sorted(settings.faults)), clock=MatchClock([]), board=_board(game, settings, timeline),
        opening_score=(first.home, first.away), scores=scores, counts=counts, pitches=_pitches(game),
        shots=shots_of(timeline), passages=passages_of(timeline), replays=replays,
        swells=swells_of(game.surges, settings, end),
    )  # fmt: skip


def _board(game: Game, settings: PracticeSettings, timeline: Timeline) -> BoardTruth | None:
    board = count_board(game, settings)
    if board is None:
        return None
    box = count_board_box(board, game.tallies[0][1], settings.width, settings.height)
    shown = stretches(
        lambda frame: board_shows(timeline.at(frame)[0], settings), timeline.segments[-1].last, timeline.rate
    )
    return BoardTruth(board.teams, board.form, "count", "", (box,), shown)


def _pitches(game: Game) -> tuple[PitchTruth, ...]:
    end = game.duration_s
    told = [
        PitchTruth(
            round(max(p.release - WIND_UP_S, 0.0), 3), round(p.reach, 3), round(min(p.reach + 2.2, end), 3),
            p.outcome, LABELS[p.outcome],
        )
        for p in game.pitches
        if p.reach < end - 0.2
    ]  # fmt: skip
    for name, moments, seconds in (("practice swing", game.practice_swings, 0.9), ("feint", game.feints, 1.1)):
        told += [PitchTruth(t, t, min(t + seconds, end), name, ()) for t in moments if t < end - 0.2]
    return tuple(sorted(told, key=lambda pitch: pitch.start))
