"""A match's pictures: encoded once beside its analysis, then searched by sentences."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from matchcut import inputs
from matchcut.analysis import FEATURES, OBSERVED, check_free, read_head, read_log
from matchcut.clock import MatchClock
from matchcut.encoders.features import FrameFeatures, kept_features, read_frames_features
from matchcut.encoders.match import Sampling, encode_match, kept_match, sampled
from matchcut.encoders.pretrained import DEFAULT
from matchcut.encoders.text import load_text
from matchcut.encoders.vision import load_vision
from matchcut.encoders.weights import fetch_weights, need_weights, weights_ready
from matchcut.errors import InputError, MatchcutError, QuestionError
from matchcut.media.probe import probe
from matchcut.observe.observed import SOUND
from matchcut.observe.shots import ShotTrack
from matchcut.observe.sound import SoundTrack
from matchcut.observe.watch import observe
from matchcut.progress import Progress, part, silent
from matchcut.spotters.crowd import Crowd
from matchcut.spotters.numbers import FusionSettings
from matchcut.spotters.search import Match, SearchSettings, direction_of, names_sound, search

_SHOTS = 0.4  # about how much of the work the shots are


@dataclass(frozen=True)
class Found:
    """What a search gave.

    Attributes:
        sentence: what was looked for.
        matches: the moments, the best first.
        media: the video, if it is at hand.
        name: the recording's.
        clock: the match clock, if it is known.
        features: what was searched.
        folder: where features are kept.
        load_s, search_s: seconds that loading the text network took, and the search itself.
        notes: what the user should know, a sentence each.
    """

    sentence: str
    matches: tuple[Match, ...]
    media: Path | None
    name: str
    clock: MatchClock | None
    features: FrameFeatures
    folder: Path
    load_s: float
    search_s: float
    notes: tuple[str, ...] = ()


def match_features(
    media: Path,
    *,
    content: str,
    model: str = DEFAULT,
    shots: ShotTrack | None = None,
    duration: float | None = None,
    folder: Path | None = None,
    sampling: Sampling | None = None,
    progress: Progress = silent,
) -> FrameFeatures:
    """The features of a recording's frames; what the folder holds of them is not made again.

    Args:
        media: the video.
        content: changes with its content.
        model: a CLIP or SigLIP checkpoint: a name on the hub, or a folder.
        shots: where views begin and end; without them frames are taken at regular steps alone.
        duration: its seconds; asked for if None.
        folder: where features are kept; nothing is kept without one.
        sampling: which frames; see `Sampling`.
        progress: told of frames.

    Raises:
        InputError: there is no picture, or the weights are not there or of another architecture.
        RequiresExtra: torch or transformers is not installed.
        OutputError: the folder cannot be written to.
    """
    weights = need_weights(model)
    info = probe(media)
    if info.video is None:
        raise InputError(f"{media}: has no picture to look at", "Name a video, or leave vision out of --with")
    length = info.duration if duration is None else duration
    times = sampled(length, shots, sampling or Sampling())
    kept = None if folder is None else kept_match(folder, times, weights.key, content)
    if kept is not None:
        progress(1.0, 1.0)
        return kept
    # A folder is found again from wherever the next search is started.
    name = str(Path(model).resolve()) if Path(model).is_dir() else model
    encoder = replace(load_vision(model), name=name)
    return encode_match(
        media,
        times,
        encoder,
        content=content,
        weights=weights.key,
        duration=length,
        folder=folder,
        progress=progress,
    )


def find(
    source: Path | str,
    sentence: str,
    *,
    top: int = 10,
    model: str | None = None,
    download: bool = False,
    settings: SearchSettings | None = None,
    progress: Progress = silent,
) -> Found:
    """The moments of a video whose pictures fit a sentence.

    A match is encoded at the first search, which takes minutes, and kept beside the video; further searches
    take a moment.

    Args:
        source: a video or an analysis folder.
        sentence: what is to be seen; "crowd roaring" and "whistle" are listened for as well.
        top: how many moments at most.
        model: a CLIP or SigLIP checkpoint; by default the one that the kept features are of, else `DEFAULT`.
        download: whether its weights may be fetched.
        settings: how frames become moments.
        progress: told how far it is.

    Raises:
        QuestionError: the sentence is empty.
        InputError: there is nothing to look at, or weights are missing.
    """
    if not sentence.strip():
        raise QuestionError("there is no sentence to look for", 'Give one, such as "goalkeeper on the ground"')
    place = _Place.of(Path(source))
    heard = names_sound(sentence)
    features, notes = _features(place, model, download, heard, progress)
    named = features.name if model is None else model
    began = time.perf_counter()
    text = load_text(named)
    loaded = time.perf_counter()
    sound = _sound(place) if heard else None
    if heard and sound is None:
        notes = (*notes, f"the sentence names the {' and the '.join(heard)}, and no sound is at hand")
    crowd = None if sound is None else Crowd(sound, place.clock, FusionSettings())
    asked = time.perf_counter()
    direction = direction_of(text, sentence)
    matches = search(
        features, direction, top=top, heard=heard, crowd=crowd, settings=settings or SearchSettings()
    )
    return Found(
        sentence=sentence,
        matches=tuple(matches),
        media=place.media,
        name=place.name,
        clock=place.clock,
        features=features,
        folder=place.folder,
        load_s=loaded - began,
        search_s=time.perf_counter() - asked,
        notes=notes,
    )


@dataclass(frozen=True)
class _Place:
    """Where a match's pictures are, and what is known of it."""

    folder: Path
    media: Path | None
    name: str
    content: str
    clock: MatchClock | None = None

    @classmethod
    def of(cls, source: Path) -> _Place:
        kind = inputs.kind_of(source)
        if kind not in ("analysis", "media"):
            raise InputError(
                f"{source}: neither a video nor an analysis of one", "Name the video, or its .matchcut folder"
            )
        folder = source if kind == "analysis" else source.parent / f"{source.stem}.matchcut"
        if kind == "media":
            check_free(folder, source.name)
            known = cls(folder, source, source.name, inputs.content_key(source))
            try:
                return replace(known, clock=read_log(folder).recording.clock)
            except MatchcutError:
                return known
        head, recording = read_head(folder), read_log(folder).recording
        media = recording.media if recording.media is not None and recording.media.is_file() else None
        content = inputs.content_key(media) if media is not None else head["keys"].get("source", "")
        return cls(folder, media, recording.name, content, recording.clock)

    @property
    def features(self) -> Path:
        return self.folder / FEATURES


def _features(
    place: _Place, model: str | None, download: bool, heard: tuple[str, ...], progress: Progress
) -> tuple[FrameFeatures, tuple[str, ...]]:
    """The kept features of the model that is wanted, or ones made now."""
    kept = _kept(place)
    if model is None and kept:
        for features in kept:
            if weights_ready(features.name).key == features.weights:
                return features, ()
        names = ", ".join(dict.fromkeys(features.name for features in kept))
        if place.media is None:
            raise InputError(
                f"{place.folder}: its features were made by {names}, whose weights are not on this machine",
                "Name their folder with --vision-model",
            )
    named = DEFAULT if model is None else model
    if download and not weights_ready(named).ok:
        fetch_weights(named)
    weights = need_weights(named)
    for features in kept:
        if features.weights == weights.key:
            return replace(features, name=named), ()
    if place.media is None:
        has = ", ".join(dict.fromkeys(features.name for features in kept))
        held = f"holds features of {has}, not of {named}" if kept else "holds no features of its pictures"
        raise InputError(
            f"{place.folder}: {held}, and its video is not at hand", "Put the video back beside the folder"
        )
    return _made(place, place.media, named, heard, progress)


def _kept(place: _Place) -> list[FrameFeatures]:
    """The features of this content that the folder holds and that can be trusted."""
    found = []
    for path in kept_features(place.features):
        try:
            features = read_frames_features(path)
        except InputError:
            continue  # damaged: it is made anew
        if features.content == place.content:
            found.append(features)
    return found


def _made(
    place: _Place, media: Path, model: str, heard: tuple[str, ...], progress: Progress
) -> tuple[FrameFeatures, tuple[str, ...]]:
    if probe(media).video is None:
        raise InputError(f"{media}: has no picture to look at", "Name a video")
    senses = ("sound", "shots") if heard else ("shots",)
    observed = observe(
        media, senses, keep=place.folder / OBSERVED, content=place.content, progress=part(progress, 0.0, _SHOTS)
    )
    features = match_features(
        media,
        content=place.content,
        model=model,
        shots=observed.shots,
        folder=place.features,
        progress=part(progress, _SHOTS, 1.0),
    )
    return features, observed.notes


def _sound(place: _Place) -> SoundTrack | None:
    """What was heard of the recording, if anybody listened; listened to now where the video is at hand."""
    kept = place.folder / OBSERVED / SOUND
    try:
        if place.media is None:
            return SoundTrack.load(kept) if kept.is_file() else None
        return observe(place.media, ("sound",), keep=place.folder / OBSERVED, content=place.content).sound
    except InputError:
        return None
