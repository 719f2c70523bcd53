"""The main job: a video or a transcript in, an analysis out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from matchcut import inputs
from matchcut.analysis import HEAD, REPORT, TRACKS, Analysis, check_free, read_head
from matchcut.clock import MatchClock, Period
from matchcut.datasets.tables import read_events
from matchcut.datasets.transcripts import check_against, read_transcript
from matchcut.errors import InputError, SettingsError
from matchcut.events import EventLog
from matchcut.export.report import write_report
from matchcut.media.frames import thumbnails
from matchcut.media.probe import MediaInfo, probe
from matchcut.media.subtitles import read_subtitles
from matchcut.progress import Progress, silent
from matchcut.recording import Recording
from matchcut.sport import sport
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

MOST_THUMBNAILS = 80
"""The report shows a picture for this many events at most, the surest first; more would make it heavy."""

LONGEST_FIRST_HALF_S = 3600.0
"""Where only the kick-off is known, the first half is taken to end no later than this after it."""


@dataclass(frozen=True)
class SpotSettings:
    """How to analyse one recording.

    Attributes:
        sport: "soccer" or "baseball".
        min_score: the lowest probability of an event that is kept, in [0, 1]; None takes the spotter's own.
        repair: sort, clamp and drop what is wrong in a subtitle file, instead of refusing it.
        offset_s: add this to every time of the transcript, where it does not start with the video.
        half: the recording is this half of a match, from its kick-off on.
        clock_at_start_s: what the match clock shows at the recording's first instant, in seconds.
        kick_off_s, second_half_s: the recording seconds at which the halves kick off.
    """

    sport: str = "soccer"
    min_score: float | None = None
    repair: bool = False
    offset_s: float = 0.0
    half: int | None = None
    clock_at_start_s: float | None = None
    kick_off_s: float | None = None
    second_half_s: float | None = None

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
            end = min(duration, self.kick_off_s + LONGEST_FIRST_HALF_S, self.second_half_s or duration)
            periods.append(Period(1, self.kick_off_s, max(end, self.kick_off_s), 0.0))
        if self.second_half_s is not None:
            periods.append(Period(2, self.second_half_s, max(duration, self.second_half_s), 2700.0))
        return MatchClock(periods) if periods else None


def spot(
    source: Path | str,
    transcript: Path | str | None = None,
    settings: SpotSettings | None = None,
    progress: Progress = silent,
) -> EventLog:
    """Finds the events of a video or a transcript. Writes nothing; `analyse` keeps the work.

    Args:
        source: a media file, or a transcript alone.
        transcript: its subtitle or ASR file; without it one beside the video or inside it is taken.
        settings: see `SpotSettings`.
        progress: told how far it is.

    Raises:
        InputError: a file cannot be used; the message says why and what to do.
    """
    return analyse(source, transcript, settings, progress=progress).log


def analyse(
    source: Path | str,
    transcript: Path | str | None = None,
    settings: SpotSettings | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Analysis:
    """As `spot`, with the tracks and notes, kept in ``folder`` if one is given.

    What the folder already holds of the same content and settings is not made again.

    Raises:
        InputError, SettingsError: something cannot be used.
        OutputError: the folder cannot be written or holds something else.
    """
    settings = settings or SpotSettings()
    path = Path(source)
    if folder is not None:
        check_free(folder, path.name)
    recording, said, notes = _gather(path, None if transcript is None else Path(transcript), settings)
    progress(1, 4)
    keys = {"settings": _digest(vars(settings)), "transcript": _digest(said.to_json())}
    if recording.media is not None:
        keys["media"] = inputs.content_key(recording.media)

    spotter = CommentarySpotter.load()
    keys["commentary"] = _digest([keys["transcript"], recording.duration, settings.half, spotter.identity])
    track = _kept_track(folder, keys["commentary"]) or spotter.track(
        said, duration=recording.duration, half=_half(recording)
    )
    progress(2, 4)
    log = spotter.events(track, recording, transcript=said, min_score=settings.min_score)
    analysis = Analysis(log, (track,), said, tuple(dict.fromkeys(notes)), keys)
    progress(3, 4)
    if folder is not None:
        analysis = analysis.save(folder)
        report(analysis, folder / REPORT)
    progress(4, 4)
    return analysis


def open_analysis(
    source: Path | str, settings: SpotSettings | None = None, progress: Progress = silent
) -> Analysis:
    """The analysis of whatever a path is: a folder, an events file, a video or a transcript.

    A video or a transcript that is not analysed yet is analysed now, and kept beside it as ``NAME.matchcut``.

    Raises:
        InputError: the path is none of these, or cannot be used.
    """
    path = Path(source)
    kind = inputs.kind_of(path)
    if kind == "analysis":
        return Analysis.load(path)
    if kind == "events":
        return Analysis(read_events(path, sport=sport(settings.sport) if settings else None))
    return analyse(path, settings=settings, folder=default_folder(path), progress=progress)


def default_folder(source: Path) -> Path:
    """Where an analysis is kept unless the user says otherwise: ``final.mp4`` → ``final.matchcut``."""
    return source.with_name(f"{source.stem}.matchcut")


def report(analysis: Analysis, path: Path, answer: tuple[str, str] | None = None) -> Path:
    """Writes the analysis as one web page, with pictures where there is a video.

    Args:
        analysis: what to show.
        path: the page.
        answer: a question and its answer, to stand on top.

    Raises:
        OutputError: it cannot be written.
    """
    log = analysis.log
    return write_report(
        path,
        log,
        tracks=analysis.tracks,
        thumbnails=_thumbnails(log),
        transcript=analysis.transcript,
        answer=answer,
        notes=analysis.notes,
    )


def _gather(
    path: Path, transcript: Path | None, settings: SpotSettings
) -> tuple[Recording, Transcript, list[str]]:
    """The recording and what was said in it, from whatever was given, and notes for the user."""
    if inputs.kind_of(path) == "transcript":
        if transcript is not None:
            raise InputError(
                f"{path}: is a transcript itself", "Give the video first, or leave --transcript out"
            )
        return _from_transcript(path, settings)
    if inputs.kind_of(path) != "media":
        raise InputError(f"{path}: neither a video nor a transcript", "Name the video, or its subtitles")
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
    """A video's transcript: the one given, else one beside it, else one inside it."""
    found = transcript or inputs.sidecar(path)
    if found is not None:
        if transcript is None:
            notes.append(f"the transcript {found.name} beside the video is used")
        return read_transcript(found, repair=settings.repair, offset_s=settings.offset_s), found
    if info.subtitles:
        notes.append("the subtitles inside the video are used")
        said = read_subtitles(path)
        return (said.moved(settings.offset_s) if settings.offset_s else said), None
    raise InputError(
        f"{path}: has no subtitles inside and no transcript beside it, and this release spots by what is said",
        f"Give one with --transcript FILE (SRT, WebVTT or Whisper JSON), or put it beside as {path.stem}.srt",
    )


def _from_transcript(path: Path, settings: SpotSettings) -> tuple[Recording, Transcript, list[str]]:
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


def _half(recording: Recording) -> int | None:
    """The half that the whole recording is, for spotters that use the position in it."""
    periods = recording.clock.periods if recording.clock else ()
    whole = len(periods) == 1 and periods[0].start == 0 and periods[0].clock_start in (0.0, 2700.0)
    return periods[0].number if whole else None


def _kept_track(folder: Path | None, key: str) -> ScoreTrack | None:
    """The commentary track that the folder holds, if it was made from the same words by the same weights."""
    if folder is None or not (folder / HEAD).is_file() or read_head(folder)["keys"].get("commentary") != key:
        return None
    try:
        return ScoreTrack.load(folder / TRACKS / "commentary.npz")
    except InputError:
        return None


def _thumbnails(log: EventLog) -> dict[int, bytes]:
    media = log.recording.media
    if media is None or log.recording.frame_rate is None or not media.is_file():
        return {}
    scores = log.scores
    surest = sorted(range(len(log)), key=lambda i: -scores[i])[:MOST_THUMBNAILS]
    chosen = sorted(surest, key=lambda i: log[i].time)
    pictures = thumbnails(media, [log[i].time for i in chosen])
    return {i: picture for i, picture in zip(chosen, pictures, strict=True) if picture is not None}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
