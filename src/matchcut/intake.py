"""What is to be analysed: the settings, and the recording and its transcript from whatever was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matchcut import inputs
from matchcut.clock import HALF_S, MatchClock, Period
from matchcut.datasets.segments import LATEST_S
from matchcut.datasets.transcripts import check_against, read_transcript
from matchcut.errors import SettingsError
from matchcut.media.probe import MediaInfo, probe
from matchcut.media.subtitles import has_subtitles, read_subtitles
from matchcut.observe.observed import SENSES
from matchcut.recording import Recording
from matchcut.sport import sport
from matchcut.transcript import Transcript

SOURCES = ("commentary", *SENSES)
"""What an analysis rests on by default."""

FURTHER: tuple[str, ...] = ("vision", "language", "vlm", "temporal")
"""What it can rest on as well, where somebody asks for it; `matchcut.further` has the spotters."""

LANGUAGE_MODELS = ("language", "vlm")
"""Those of them that are language models."""

ASKING = ("settings", "everything", "prices", "max_cost")
"""What can be said of how language models are asked."""
_OPTIONS = {
    "everything": "--ask-all",
    "max_cost": "--max-cost",
    "prices": "--prices",
    "settings": "--llm-settings",
}

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
        sources: what to rest on, of `SOURCES` and `FURTHER`; of `SOURCES` all that the recording offers by
            default.
        speech: the Whisper model that writes down what is said where no transcript is found: a size
            ("small"), a name on the hub or a folder; "auto" takes one that is on the disk, "off" none.
        language: the language that is spoken, as "de", for `speech`; guessed by default.
        models: further source -> its weights: a name or a folder; each source's own default otherwise.
        asking: how language models are asked, of `ASKING`; see `matchcut.language_setup.read_setup`.

    Raises:
        SettingsError: a value is out of its range, or a source is unknown, or weights are for none.
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
    sources: tuple[str, ...] = SOURCES
    speech: str = "auto"
    language: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    asking: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = (*SOURCES, *FURTHER)
        if not self.sources or not set(self.sources) <= set(known):
            unknown = ", ".join(repr(name) for name in self.sources if name not in known) or "nothing"
            raise SettingsError(
                f"an analysis cannot rest on {unknown}", f"Name one or several of: {', '.join(known)}"
            )
        # One order and no repeats, so that the same wish is the same analysis.
        object.__setattr__(self, "sources", tuple(name for name in known if name in self.sources))
        for name in sorted(set(self.models) - set(self.further)):
            raise SettingsError(
                f"a model for {name} was named, and {name} is not among the sources",
                f"Add it: --with {name}" if name in FURTHER else "Leave it out",
            )
        if self.asking and not (set(self.sources) & set(LANGUAGE_MODELS) and set(self.asking) <= set(ASKING)):
            given = ", ".join(_OPTIONS.get(name, name) for name in self.asking)
            raise SettingsError(
                f"{given} was given for a language model, and none is among the sources",
                "Add it: --with language",
            )
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise SettingsError(f"a score is from 0 to 1, not {self.min_score}", "Correct --min-score")
        if not abs(self.offset_s) <= LATEST_S:
            raise SettingsError(
                f"a transcript is moved by a day at most, not by {self.offset_s:g} s", "Correct --offset"
            )
        clocks = (self.clock_at_start_s, self.kick_off_s, self.second_half_s)
        if not all(value is None or abs(value) <= LATEST_S for value in clocks):
            raise SettingsError(f"the match clock is set within a day, not to {clocks}", "Correct its times")

    @property
    def senses(self) -> tuple[str, ...]:
        """Those of the sources that look at and listen to the recording itself."""
        return tuple(name for name in self.sources if name in SENSES)

    @property
    def further(self) -> tuple[str, ...]:
        """Those of the sources that are further spotters."""
        return tuple(name for name in self.sources if name in FURTHER)

    @property
    def reads(self) -> bool:
        """Whether what is said is read."""
        return "commentary" in self.sources

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
) -> tuple[Recording, Transcript | None, list[str]]:
    """The recording and what was said in it, from whatever was given, and notes for the user.

    The transcript is None where a video has none, inside or beside it, or nobody wants it.

    Raises:
        InputError: a file cannot be used.
        SettingsError: the settings contradict each other or the file.
    """
    if inputs.kind_of(path) == "transcript":
        return _from_transcript(path, settings)
    info = probe(path)
    notes: list[str] = []
    said, said_path = _said(path, info, transcript, settings, notes)
    if said is not None:
        said = check_against(said, info.duration, repair=settings.repair)
        notes += said.notes
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
    return recording, said, notes


def _said(
    path: Path, info: MediaInfo, transcript: Path | None, settings: SpotSettings, notes: list[str]
) -> tuple[Transcript | None, Path | None]:
    """A video's transcript: the file or the stream asked for, else one beside it or inside it, if any."""
    asked = transcript is not None or settings.subtitles is not None
    if not settings.reads:
        if asked:
            raise SettingsError(
                "a transcript was given, and commentary is not among the sources",
                "Leave the transcript out, or add commentary to --with",
            )
        return None, None
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
    return None, None


def _from_transcript(path: Path, settings: SpotSettings) -> tuple[Recording, Transcript, list[str]]:
    if settings.subtitles is not None:
        raise SettingsError(f"{path}: is a transcript, not a video with streams", "Leave --subtitles out")
    if not settings.reads:
        raise SettingsError(
            f"{path}: is a transcript, and commentary is not among the sources", "Add it to --with"
        )
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
