"""Many recordings to stored features, in this process or, by Ray, on many machines. Needs the extra "clip"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut import files
from matchcut.encoders.spans import Encoded, Span
from matchcut.encoders.store import FeatureStore
from matchcut.encoders.windows import encode_pictures
from matchcut.errors import MatchcutError, OutputError
from matchcut.progress import Progress, silent
from matchcut.spreading import SpreadSettings, spread

if TYPE_CHECKING:
    from matchcut.encoders.looking import Looker


@dataclass
class EncodedFiles(Encoded):
    """What became of a run, and where each video's features lie.

    Attributes:
        paths: of the pictures' features.
        sounds: of the sound's features.
        notes: for people: machines that were lost.
    """

    paths: dict[Span, Path] = field(default_factory=dict)
    sounds: dict[Span, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def encode_here(
    spans: Sequence[Span],
    vision: Looker,
    store: FeatureStore,
    rate: float,
    sound: bool = False,
    progress: Progress = silent,
) -> EncodedFiles:
    """Features of spans in this process; see `encode_pictures`.

    Args:
        sound: whether the whole file's sound becomes features too (`sound_vectors`).
    """
    done = encode_pictures(spans, vision, store, rate, progress)
    found = EncodedFiles(**vars(done), paths={span: store.path(key) for span, key in done.keys.items()})
    if sound:
        for span in found.keys:
            try:
                found.sounds[span] = _sound(span.path, store)
            except OutputError:
                raise
            except MatchcutError as error:
                found.failed.append((span, str(error)))
    return found


def _sound(path: Path, store: FeatureStore) -> Path:
    from matchcut.encoders.series import stored_series
    from matchcut.encoders.sound import SoundSettings, sound_key, sound_vectors

    how = SoundSettings()
    key = sound_key(files.content_key(path), how)
    stored_series(store, key, lambda: sound_vectors(path, how), name=path.name)
    return store.path(key)


class Encoding:
    """What a worker does: one recording a call, with one network for all of them.

    Args:
        store: the folder of features, which every machine must see at this path.
        rate, sound: see `encode_here`.
        encoder, how: see `matchcut.clips.looker`.

    Raises:
        InputError: there are no such weights on the worker's machine.
    """

    def __init__(self, store: Path, rate: float, sound: bool, encoder: str, how: Mapping[str, Any]) -> None:
        from matchcut.clips import looker

        self.vision = looker(encoder, cache=store / "networks", **how)
        self.store, self.rate, self.sound = FeatureStore(store), rate, sound

    def __call__(self, span: Span) -> EncodedFiles:
        """Makes what is missing of one recording."""
        return encode_here([span], self.vision, self.store, self.rate, self.sound)


def encode_spread(
    spans: Sequence[Span],
    store: Path,
    rate: float,
    encoder: str,
    how: Mapping[str, Any],
    settings: SpreadSettings,
    *,
    sound: bool = False,
    progress: Progress = silent,
) -> EncodedFiles:
    """Features of spans, one recording after another on each of many workers; what is there is not made again.

    The features are those that one process makes: bit for bit where the encoder gives a picture the same
    numbers in every batch, else but for rounding.

    Args:
        spans: recordings; their paths must lead to the same files on every machine.
        store: likewise.
        rate, sound: see `encode_here`.
        encoder, how: see `matchcut.clips.looker`.
        settings: how the work is spread.
        progress: told of recordings.

    Raises:
        InputError: there is no such cluster, or no such weights.
        OutputError: the store is full, or is not the same folder on all machines.
        RequiresExtra: Ray is not installed.
    """
    place = store.absolute()
    wanted = [Span(span.path.absolute(), span.start, span.end) for span in dict.fromkeys(spans)]
    given = dict(zip(wanted, dict.fromkeys(spans), strict=True))
    done = spread(wanted, partial(Encoding, place, rate, sound, encoder, dict(how)), settings, progress)
    found = EncodedFiles(notes=done.notes)
    for span, part in zip(wanted, done.results, strict=True):
        own = given[span]
        if isinstance(part, MatchcutError):
            found.failed.append((own, str(part)))
            continue
        found.made, found.kept = found.made + part.made, found.kept + part.kept
        found.frames += part.frames
        found.failed += [(own, why) for _, why in part.failed]
        for mine, theirs in ((found.paths, part.paths), (found.sounds, part.sounds)):
            for path in theirs.values():
                _is_here(path, own)
                mine[own] = path
        if span in part.keys:
            found.keys[own] = part.keys[span]
    return found


def _is_here(path: Path, span: Span) -> None:
    if not path.is_file():
        raise OutputError(
            f"{path}: a worker wrote the features of {span} there, and they are not here",
            "Name a store that all machines share",
        )


__all__ = ["EncodedFiles", "Encoding", "encode_here", "encode_spread"]
