"""What is to be analysed: the settings, and the recording and its transcript from whatever was given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from matchcut import inputs
from matchcut.clock import HALF_S, MatchClock, Period
from matchcut.datasets.segments import LATEST_S
from matchcut.datasets.transcripts import check_against, read_transcript
from matchcut.errors import InputError, SettingsError
from matchcut.media.probe import MediaInfo, probe
from matchcut.media.subtitles import has_subtitles, read_subtitles
from matchcut.recording import Recording
from matchcut.sport import sport
from matchcut.transcript import Transcript

LONGEST_FIRST_HALF_S = 3600.0
"""Where only the kick-off is known, the first half is taken to end no later than this after it."""


@dataclass(frozen=True)
class SpotSettings:
    """How to analyse one recording.

    Attributes:
        sport: "soccer" or "baseball".
        min_score: the lowest probability of an event that is kept, in [0, 1]; None takes the spotter's own.
        repair: sort, clamp and drop what is wrong in a subtitle file, instead of refusing it.
        subtitles: which subtitle stream inside the video to take, by its number or language; decided by
            `matchcut.media.subtitles.read_subtitles` if not given. Goes before a transcript beside the video.
        offset_s: add this to every time of the transcript, where it does not start with the video.
        half: the recording is this half of a match, from its kick-off on.
        clock_at_start_s: what the match clock shows at the recording's first instant, in seconds.
        kick_off_s, second_half_s: the recording seconds at which the halves kick off.

    Raises:
        SettingsError: a value is out of its range.
    """

    sport: str = "soccer"
    min_score: float | None = None
    repair: bool = False
    subtitles: str | None = None
    offset_s: float = 0.0
    half: int | None = None
    clock_at_start_s: float | None = None
    kick_off_s: float | None = None
    second_half_s: float | None = None

    def __post_init__(self) -> None:
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise SettingsError(f"a score is from 0 to 1, not {self.min_score}", "Correct --min-score")
        if not abs(self.offset_s) <= LATEST_S:
            raise SettingsError(
                f"a transcript is moved by a day at most, not by {self.offset_s:g} s", "Correct --offset"
            )
        clocks = (self.clock_at_start_s, self.kick_off_s, self.second_half_s)
        if not all(value is None or abs(value) <= LATEST_S for value in clocks):
            raise SettingsError(f"the match clock is set within a day, not to {clocks}", "Correct its times")

    def clock(self, duration: float) -> MatchClock | None:
        """The match clock that these settings describe; None if they say nothing of it.

        Raises:
            SettingsError: they contradict each other.
        """
        ways = [
            self.half,
            self.clock_at_start_s,
            self.kick_off_s if self.kick_off_s is not None else self.second_half_s,
        ]
        if sum(way is not None for way in ways) > 1:
            raise SettingsError(
                "the match clock was given in more than one way",
                "Give --half, --clock-at-start or the kick-offs",
            )
        if self.half is not None:
            return MatchClock.of_half(self.half, duration)
        if self.clock_at_start_s is not None:
            return MatchClock.starting_at(self.clock_at_start_s, duration)
        periods = []
        if self.kick_off_s is not None:
            second = duration if self.second_half_s is None else self.second_half_s
            end = min(duration, self.kick_off_s + LONGEST_FIRST_HALF_S, second)
            periods.append(Period(1, self.kick_off_s, max(end, self.kick_off_s), 0.0))
        if self.second_half_s is not None:
            periods.append(Period(2, self.second_half_s, max(duration, self.second_half_s), HALF_S))
        return MatchClock(periods) if periods else None


def gather(
    path: Path, transcript: Path | None, settings: SpotSettings
) -> tuple[Recording, Transcript, list[str]]:
    """The recording and what was said in it, from whatever was given, and notes for the user."""
    if inputs.kind_of(path) == "transcript":
        return _from_transcript(path, settings)
    info = probe(path)
    notes: list[str] = []
    said, said_path = _said(path, info, transcript, settings, notes)
    said = check_against(said, info.duration, repair=settings.repair)
    settings = replace(settings, half=settings.half or _free_half(path, settings))
    recording = Recording(
        name=path.name,
        sport=sport(settings.sport),
        duration=info.duration,
        media=path,
        transcript=said_path,
        frame_rate=info.video.rate if info.video else None,
        clock=settings.clock(info.duration),
    )
    return recording, said, [*notes, *said.notes]


def _said(
    path: Path, info: MediaInfo, transcript: Path | None, settings: SpotSettings, notes: list[str]
) -> tuple[Transcript, Path | None]:
    """A video's transcript: the file or the stream asked for, else one beside it, else one inside it."""
    if transcript is not None and settings.subtitles is not None:
        raise SettingsError(
            "the transcript was given as a file and as a stream inside",
            "Give --transcript or --subtitles",
        )
    found = transcript or (inputs.sidecar(path) if settings.subtitles is None else None)
    if found is not None:
        if transcript is None:
            notes.append(f"the transcript {found.name} beside the video is used")
        return read_transcript(found, repair=settings.repair, offset_s=settings.offset_s), found
    if has_subtitles(info) or settings.subtitles is not None:
        notes.append("the subtitles inside the video are used")
        said = read_subtitles(path, settings.subtitles)
        return (said.moved(settings.offset_s) if settings.offset_s else said), None
    raise InputError(
        f"{path}: has no subtitles inside and no transcript beside it, and this release spots by what is said",
        f"Give one with --transcript FILE (SRT, WebVTT or Whisper JSON), or put it beside as {path.stem}.srt",
    )


def _from_transcript(path: Path, settings: SpotSettings) -> tuple[Recording, Transcript, list[str]]:
    if settings.subtitles is not None:
        raise SettingsError(f"{path}: is a transcript, not a video with streams", "Leave --subtitles out")
    said = read_transcript(path, repair=settings.repair, offset_s=settings.offset_s)
    settings = replace(settings, half=settings.half or _free_half(path, settings))
    recording = Recording(
        name=path.name,
        sport=sport(settings.sport),
        duration=said.end,
        transcript=path,
        clock=settings.clock(said.end),
    )
    return recording, said, list(said.notes)


def _free_half(path: Path, settings: SpotSettings) -> int | None:
    """The half by the file's name, unless the user described the clock in another way."""
    given = (settings.clock_at_start_s, settings.kick_off_s, settings.second_half_s)
    return inputs.half_of(path) if all(value is None for value in given) else None


def whole_half(recording: Recording) -> int | None:
    """The half that the whole recording is, for spotters that use the position in it."""
    periods = recording.clock.periods if recording.clock else ()
    whole = len(periods) == 1 and periods[0].start == 0 and periods[0].clock_start in (0.0, HALF_S)
    return periods[0].number if whole else None
