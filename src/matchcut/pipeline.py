"""The main job: a video or a transcript in, an analysis out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matchcut import inputs
from matchcut.analysis import OBSERVED, REPORT, Analysis, check_free
from matchcut.datasets.tables import read_events
from matchcut.errors import InputError, OutputError, SettingsError
from matchcut.events import EventLog
from matchcut.export.report import write_report
from matchcut.further import Given, identities, look_further
from matchcut.intake import SpotSettings, gather
from matchcut.kept import Kept, analysis_keys, can_hear, digest
from matchcut.media.frames import thumbnails
from matchcut.observe.observed import Observed
from matchcut.observe.speech import SpeechSettings, recognized_or_none
from matchcut.observe.watch import observe
from matchcut.progress import Progress, part, silent
from matchcut.recording import Recording
from matchcut.sport import sport
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.fuse import Commentary, fuse
from matchcut.spotters.halves import hear
from matchcut.transcript import Transcript

MOST_THUMBNAILS = 80
"""The report shows a picture for this many events at most, the surest first; more would make it heavy."""

# About how much of the work is done by then.
_LOOKED, _LOOKED_BEFORE_SPEECH, _WORDS, _HEARD_BEFORE_FURTHER = 0.9, 0.1, 0.97, 0.3


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
    spotter = _spotter(path, settings)
    kept = Kept(folder)
    weights = identities(settings)
    keys = analysis_keys(path, said_path, settings, "" if spotter is None else spotter.identity, weights)
    held = kept.whole(keys)
    if held is not None:
        return held
    recording, said, notes = gather(path, said_path, settings)
    keep = None if folder is None else folder / OBSERVED
    looked = _LOOKED if said is not None or not can_hear(settings) else _LOOKED_BEFORE_SPEECH
    heard = _WORDS if not settings.further else _HEARD_BEFORE_FURTHER
    looked = looked * heard
    observed = _observed(recording, keys["source"], settings, keep, part(progress, 0.0, looked))
    recording, more = _on_the_clock(recording, observed)
    notes += more
    if said is None and recording.media is not None and settings.reads:
        speech = SpeechSettings(model=settings.speech, language=settings.language)
        said, more = recognized_or_none(
            recording.media, speech, keep, part(progress, looked, heard), key=keys["source"]
        )
        notes += more
    _check_any(path, said, observed, settings)
    commentary, track_key = None, ""
    if said is not None and spotter is not None:
        track_key = digest([said.to_json(), recording.to_json(), spotter.identity])
        track = kept.commentary(track_key) or hear(spotter, [said], recording)
        commentary = Commentary.of(spotter, track, recording, said)
    given = Given(
        recording,
        settings,
        observed,
        said,
        None if commentary is None else commentary.track,
        folder,
        keys["source"],
        part(progress, heard, _WORDS),
    )
    others, more = look_further(given)
    notes += more
    progress(_WORDS, 1.0)
    fusion = fuse(
        recording, observed=observed, commentary=commentary, others=others, min_score=settings.min_score
    )
    analysis = Analysis(
        log=fusion.log,
        tracks=fusion.tracks,
        transcript=said,
        observed=observed,
        notes=tuple(dict.fromkeys((*notes, *(observed.notes if observed else ()), *fusion.notes))),
        keys={**keys, "commentary": track_key},
        fresh=True,
    )
    if folder is not None:
        analysis = analysis.save(folder)
        report(analysis, folder / REPORT)
    progress(1.0, 1.0)
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
    if not Kept(folder).is_of(path):
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
    """Whether the settings change what an analysis rests on."""
    fresh = SpotSettings()
    read = (settings.repair, settings.offset_s, settings.subtitles, settings.speech, settings.language)
    usual = (fresh.repair, fresh.offset_s, fresh.subtitles, fresh.speech, fresh.language)
    return read != usual or settings.sources != fresh.sources or bool(settings.models or settings.asking)


def _with_settings(analysis: Analysis, settings: SpotSettings) -> Analysis:
    """What was found already, by the match clock of the settings and without what scores less than they want.

    Raises:
        SettingsError: the settings would have changed how the words were read.
    """
    if _reads_otherwise(settings):
        raise SettingsError(
            f"{analysis.log.recording.name}: was read already",
            "Leave --repair, --offset, --subtitles, --speech, --language and --with out,"
            " or give them to matchcut spot",
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
        observed=analysis.observed,
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


def _spotter(path: Path, settings: SpotSettings) -> CommentarySpotter | None:
    """The commentary spotter; None where nobody wants it, or it does not know the sport and others may.

    Raises:
        LabelError: there is no such sport.
        SettingsError: it was not trained on the sport, and there is nothing else to rest on.
    """
    of = sport(settings.sport)
    if not settings.reads:
        return None
    spotter = CommentarySpotter.load()
    if any(label in of for label in spotter.labels):
        return spotter
    if not settings.senses or inputs.kind_of(path) == "transcript":
        raise SettingsError(
            f"the commentary spotter was not trained on {of.name}",
            "Give a video, to be spotted by its scoreboard, or an events file",
        )
    return None


def _observed(
    recording: Recording, key: str, settings: SpotSettings, keep: Path | None, progress: Progress
) -> Observed | None:
    """What can be read, heard and seen; what the folder holds of it is not observed again."""
    if recording.media is None or not settings.senses:
        return None
    return observe(
        recording.media, settings.senses, of=recording.sport, keep=keep, content=key, progress=progress
    )


def _on_the_clock(recording: Recording, observed: Observed | None) -> tuple[Recording, tuple[str, ...]]:
    """The recording with the match clock that its scoreboard tells, unless the user set one."""
    fit = None if observed is None else observed.clock
    if fit is None:
        return recording, ()
    if recording.clock is None and fit.clock is not None:
        recording = replace(recording, clock=fit.clock)
    return recording, fit.notes


def _check_any(path: Path, said: Transcript | None, observed: Observed | None, settings: SpotSettings) -> None:
    """Refuses what offers nothing to rest on.

    Raises:
        InputError: no transcript, and nothing else is wanted.
    """
    if said is None and observed is None and not settings.further:
        raise InputError(
            f"{path}: has no subtitles inside and no transcript beside it, and nothing else is to be used",
            f"Give one with --transcript FILE (SRT, WebVTT or Whisper JSON), put it beside as {path.stem}.srt,"
            " or leave --with out",
        )


def _thumbnails(log: EventLog) -> dict[int, bytes]:
    media = log.recording.media
    if media is None or log.recording.frame_rate is None or not media.is_file():
        return {}
    scores = log.scores
    surest = sorted(range(len(log)), key=lambda i: -scores[i])[:MOST_THUMBNAILS]
    chosen = sorted(surest, key=lambda i: log[i].time)
    pictures = thumbnails(media, [log[i].time for i in chosen])
    return {i: picture for i, picture in zip(chosen, pictures, strict=True) if picture is not None}
