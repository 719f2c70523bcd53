"""The main job: a video or a transcript in, an analysis out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from matchcut import inputs
from matchcut.analysis import HEAD, REPORT, TRACKS, Analysis, check_free, read_head
from matchcut.datasets.tables import read_events
from matchcut.errors import InputError, NewerError, OutputError, SettingsError
from matchcut.events import EventLog
from matchcut.export.report import write_report
from matchcut.intake import SpotSettings, gather, whole_half
from matchcut.media.frames import thumbnails
from matchcut.progress import Progress, silent
from matchcut.sport import sport
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.tracks import ScoreTrack

MOST_THUMBNAILS = 80
"""The report shows a picture for this many events at most, the surest first; more would make it heavy."""


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
        InputError, SettingsError: something cannot be used, or no spotter knows the sport.
        OutputError: the folder cannot be written or holds something else.
    """
    settings = settings or SpotSettings()
    path = Path(source)
    said_path = None if transcript is None else Path(transcript)
    _check_source(path, said_path)
    if folder is not None:
        check_free(folder, path.name)
    spotter = CommentarySpotter.load()
    _check_sport(settings.sport, spotter)
    keys = _keys(path, said_path, settings, spotter)
    held = None if folder is None or not _whole(folder, keys) else _held(folder)
    if held is not None:
        return held
    recording, said, notes = gather(path, said_path, settings)
    progress(1, 4)
    track_key = _digest([said.to_json(), recording.duration, whole_half(recording), spotter.identity])
    track = _kept_track(folder, track_key) or spotter.track(
        said, duration=recording.duration, half=whole_half(recording)
    )
    progress(2, 4)
    log = spotter.events(track, recording, transcript=said, min_score=settings.min_score)
    analysis = Analysis(
        log=log,
        tracks=(track,),
        transcript=said,
        notes=tuple(dict.fromkeys(notes)),
        keys={**keys, "commentary": track_key},
        fresh=True,
    )
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

    A video or a transcript that is not analysed yet is analysed now and kept beside it as ``NAME.matchcut``; a
    note says so where it cannot be kept. An analysis that is there is taken with the settings it was made with,
    and so is an events file; the match clock and the lowest score still apply, for this once. Nothing that is
    kept changes: `analyse` does that.

    Raises:
        InputError: the path is none of these, or cannot be used.
        SettingsError: the settings contradict each other, or come too late.
    """
    path = Path(source)
    settings = settings or SpotSettings()
    kind = inputs.kind_of(path)
    if kind == "analysis":
        return _with_settings(_doubted(Analysis.load(path)), settings)
    if kind == "events":
        return _with_settings(Analysis(read_events(path, sport=sport(settings.sport))), settings)
    folder = default_folder(path)
    if not _is_of(folder, path):
        return _kept_or_not(path, settings, folder, progress)
    if _reads_otherwise(settings):
        return analyse(path, settings=settings, progress=progress)
    return _with_settings(Analysis.load(folder), settings)


def _kept_or_not(path: Path, settings: SpotSettings, folder: Path, progress: Progress) -> Analysis:
    """An analysis made now, kept if that can be; a question is answered even where nothing may be written."""
    try:
        return analyse(path, settings=settings, folder=folder, progress=progress)
    except OutputError as error:
        made = analyse(path, settings=settings, progress=progress)
        return replace(made, notes=(*made.notes, f"the analysis could not be kept: {error.problem}"))


def _doubted(analysis: Analysis) -> Analysis:
    """The same, with a doubt where its video or transcript is no longer the one that was analysed."""
    source = analysis.log.recording.media or analysis.log.recording.transcript
    if source is None or not source.is_file() or analysis.keys.get("source") == inputs.content_key(source):
        return analysis
    return replace(
        analysis, doubts=(f"{source.name} has changed since it was analysed: run matchcut spot again",)
    )


def _reads_otherwise(settings: SpotSettings) -> bool:
    """Whether the settings change how the words are read."""
    return settings.repair or settings.offset_s != 0 or settings.subtitles is not None


def _with_settings(analysis: Analysis, settings: SpotSettings) -> Analysis:
    """What was found already, by the match clock of the settings and without what scores less than they want.

    Raises:
        SettingsError: the settings would have changed how the words were read.
    """
    if _reads_otherwise(settings):
        raise SettingsError(
            f"{analysis.log.recording.name}: its words were read already",
            "Leave --repair, --offset and --subtitles out, or give them to matchcut spot",
        )
    log = analysis.log
    end = log.recording.duration
    clock = settings.clock(max((e.end for e in log), default=0.0) if end is None else end)
    if clock is not None:
        log = EventLog(log.events, replace(log.recording, clock=clock), log.producer)
    return replace(analysis, log=log.where(min_score=settings.min_score))


def default_folder(source: Path) -> Path:
    """Where an analysis is kept unless the user says otherwise: ``final.mp4`` → ``final.matchcut``."""
    return source.parent / f"{source.stem}.matchcut"


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


def _check_source(path: Path, transcript: Path | None) -> None:
    """Refuses what cannot be spotted.

    Raises:
        InputError: the source is neither a video nor a transcript, or there are two transcripts.
    """
    kind = inputs.kind_of(path)
    if kind == "transcript" and transcript is not None:
        raise InputError(f"{path}: is a transcript itself", "Give the video first, or leave --transcript out")
    if kind not in ("media", "transcript"):
        raise InputError(f"{path}: neither a video nor a transcript", "Name the video, or its subtitles")


def _check_sport(name: str, spotter: CommentarySpotter) -> None:
    """Refuses a sport of which the spotter knows no action, rather than find nothing.

    Raises:
        LabelError: there is no such sport.
        SettingsError: the spotter was not trained on it.
    """
    of = sport(name)
    if not any(label in of for label in spotter.labels):
        raise SettingsError(
            f"the commentary spotter was not trained on {of.name}",
            "Name an events file of it instead",
        )


def _keys(
    path: Path, transcript: Path | None, settings: SpotSettings, spotter: CommentarySpotter
) -> dict[str, str]:
    """What an analysis is made from, hashed; equal keys, equal analysis."""
    found = transcript or (inputs.sidecar(path) if inputs.kind_of(path) == "media" else None)
    return {
        "source": inputs.content_key(path),
        "transcript": "" if found is None else inputs.content_key(found),
        "settings": _digest(vars(settings)),
        "spotter": spotter.identity,
    }


def _whole(folder: Path, keys: dict[str, str]) -> bool:
    """Whether the folder holds a whole analysis of exactly these keys."""
    if not (folder / HEAD).is_file() or not (folder / REPORT).is_file():
        return False
    held = read_head(folder)["keys"]
    return all(held.get(key) == value for key, value in keys.items())


def _held(folder: Path) -> Analysis | None:
    """The analysis that the folder holds; None where a part is missing or damaged, so that it is made anew.

    Raises:
        NewerError: a newer release wrote it.
    """
    try:
        return Analysis.load(folder)
    except NewerError:
        raise
    except InputError:
        return None


def _is_of(folder: Path, source: Path) -> bool:
    """Whether the folder holds an analysis of this file as it is now."""
    if not (folder / HEAD).is_file():
        return False
    return bool(read_head(folder)["keys"].get("source") == inputs.content_key(source))


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
