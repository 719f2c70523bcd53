"""Encoders by name, and videos encoded into a store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from matchcut.encoders.spans import Keys, Span
from matchcut.encoders.store import FeatureStore
from matchcut.encoding import EncodedFiles, encode_here, encode_spread
from matchcut.errors import InputError
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from matchcut.datasets.mlb_youtube import Sources
    from matchcut.encoders.looking import Looker
    from matchcut.encoders.text import TextEncoder
    from matchcut.encoders.vision import Backend, Precision, VisionEncoder
    from matchcut.spreading import SpreadSettings

PIXELS = "pixels"
"""The name of the encoders without weights: small pictures and hashed words, for practice clips."""

SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".flv", ".ts", ".gif")


def load_encoders(
    encoder: str,
    *,
    words: bool = True,
    download: bool = False,
    precision: str = "auto",
    backend: str = "torch",
    device: str = "auto",
    cache: Path | None = None,
) -> tuple[VisionEncoder, TextEncoder | None]:
    """The encoders of pictures and, if wanted, of words.

    Args:
        encoder: a CLIP or SigLIP checkpoint, or ``"pixels"``.

    Raises:
        InputError: there are no such weights.
    """
    if encoder == PIXELS:
        from matchcut.encoders.simple import hashed_words, pixel_encoder

        return pixel_encoder(8), hashed_words(256) if words else None
    from matchcut.encoders.text import load_text
    from matchcut.encoders.vision import load_vision

    vision = load_vision(
        encoder,
        download=download,
        precision=cast("Precision", precision),
        backend=cast("Backend", backend),
        device=device,
        cache=cache,
    )
    return vision, load_text(encoder, download=download, device=device) if words else None


def looker(encoder: str, *, window_s: float | None = None, **how: Any) -> Looker:
    """The encoder of pictures, or of windows of them.

    Args:
        encoder: a CLIP, SigLIP or video checkpoint, or ``"pixels"``.
        window_s: seconds of a window, for a video checkpoint.
        how: see `load_encoders`.

    Raises:
        InputError: there are no such weights.
        SettingsError: a window was asked of an encoder that looks at one picture at a time.
    """
    from matchcut.encoders.looking import load_looker, no_window

    if encoder == PIXELS:
        no_window(encoder, window_s)
        return load_encoders(encoder, words=False)[0]
    return load_looker(encoder, window_s=window_s, **how)


def encode_videos(
    paths: Iterable[Path | str],
    store: Path | str,
    *,
    rate: float = 4.0,
    start: float = 0.0,
    end: float | None = None,
    encoder: str = PIXELS,
    sound: bool = False,
    spread: SpreadSettings | None = None,
    progress: Progress = silent,
    **how: Any,
) -> EncodedFiles:
    """Features of videos and GIFs, each made once.

    Args:
        paths: files, or folders of them.
        store: the folder of features.
        rate: frames a second.
        start, end: the stretch of each.
        encoder, how: see `looker`.
        sound: whether their sound becomes features too, all of it.
        spread: how Ray spreads the recordings over processes and machines; None to work in this process.
        progress: told of pictures, or of recordings where they are spread.

    Raises:
        InputError: no video is named, or the encoder's weights are not here.
        OutputError: the store is full; what was made is kept.
    """
    spans = [Span(path, start, end) for path in videos_of(paths)]
    if spread is not None:
        return encode_spread(spans, Path(store), rate, encoder, how, spread, sound=sound, progress=progress)
    vision = looker(encoder, cache=Path(store) / "networks", **how)
    return encode_here(spans, vision, FeatureStore(store), rate, sound, progress)


def videos_of(paths: Iterable[Path | str]) -> list[Path]:
    """The videos named, and those in folders.

    Raises:
        InputError: there is none.
    """
    found: list[Path] = []
    for given in map(Path, paths):
        if given.is_dir():
            found += sorted(path for path in given.rglob("*") if path.suffix.lower() in SUFFIXES)
        else:
            found.append(given)
    if not found:
        raise InputError("there is no video to work on", f"Name files, or a folder of: {', '.join(SUFFIXES)}")
    return found


def feature_paths(sources: Sources, store: Path | str, encoder: str, rate: float = 4.0) -> dict[str, Path]:
    """Where each clip's features lie in a store; a clip that is not encoded yet has none.

    Args:
        sources: where the clips' pictures are; see `find_sources`.
        store: the folder of features.
        encoder: what they were made by; see `load_encoders`.
        rate: frames a second of them.

    Raises:
        InputError: the encoder's weights are not here.
    """
    vision, _ = load_encoders(encoder, words=False)
    keys, kept = Keys(vision.identity, rate), FeatureStore(store)
    spans = {source.clip.name: Span(source.path, source.start, source.end) for source in sources.found}
    paths = {name: kept.path(keys.of(span)) for name, span in spans.items()}
    return {name: path for name, path in paths.items() if path.exists()}
