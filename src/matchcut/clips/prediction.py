"""Classes of clips by a trained model: of files, or of a part of a data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matchcut import files
from matchcut.clips.encoding import PIXELS, load_encoders, videos_of
from matchcut.encoders.spans import Span, encode_spans, encode_texts
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError
from matchcut.models.settings import choice
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from matchcut.encoders.text import TextEncoder
    from matchcut.encoders.vision import VisionEncoder
    from matchcut.spotters.clips import ClipClassifier

PARTS = ("train", "valid", "test", "all")


@dataclass(frozen=True)
class PredictedClips:
    """What `predict_clips` found.

    Attributes:
        rows: one a clip: ``clip`` and what `ClipAnswer.to_json` gives.
        failed: (clip, why) of those that could not be read.
    """

    rows: tuple[dict[str, Any], ...]
    failed: tuple[tuple[str, str], ...]

    def save(self, path: Path | str, model: Path | str) -> Path:
        """Writes the predictions as JSON."""
        return files.write_json(path, {"version": 1, "model": Path(model).name, "clips": list(self.rows)})


def predict_clips(
    model: Path | str,
    paths: Iterable[Path | str] = (),
    *,
    manifests: Path | str | None = None,
    videos: Path | str | None = None,
    part: str = "test",
    split: str | None = None,
    caption: str = "",
    encoder: str | None = None,
    store: Path | str | None = None,
    progress: Progress = silent,
    **how: Any,
) -> PredictedClips:
    """Classes of clips: of files, each of which is one clip, or of a part of a data set.

    Any model that `train_clip_classifier` makes is taken; what it needs is read from its folder.

    Args:
        model: the folder of a trained model.
        paths: videos or GIFs, or folders of them.
        manifests, videos: a data set instead of ``paths``.
        part: which clips of it; "all" for every one.
        split: "official" or "video"; the one that the model was trained on if None (by another, it has been
            trained on clips of the test part).
        caption: what is said of the clips in ``paths``.
        encoder: a folder or name; the one that the model was trained with if None.
        store: where features are kept; beside the model if None.
        how: see `load_encoders`.
        progress: told of clips encoded.

    Raises:
        InputError: the model, the encoder or the data cannot be used.
    """
    from matchcut.clips import picture_models, pictures, words
    from matchcut.spotters.clips import ClipClassifier

    choice("part", part, PARTS)
    choice("split", split or "official", ("official", "video"))
    kind = kind_of(model)
    if kind in words.MODELS:
        if manifests is None:
            raise InputError(
                f"{model}: hears what was said around a clip in its video, and cannot say anything of files",
                "Name a data set with --manifests",
            )
        return PredictedClips(words.predict(model, manifests, part, split), ())
    if kind in picture_models.MODELS:
        found = pictures.predict(
            model, None if manifests is not None else videos_of(paths), manifests, videos, part, split, caption,
            encoder, FeatureStore(store or Path(model) / "features"), progress, **how,
        )  # fmt: skip
        return PredictedClips(*found)
    trained = ClipClassifier.load(model)
    told = trained.settings
    name = encoder or _trained_with(told.vision_name or told.text_name)
    kept = FeatureStore(store or Path(model) / "features")
    vision, text = load_encoders(name, words=bool(told.text), cache=Path(model) / "networks", **how)
    trained.check_encoders(vision, text)
    if manifests is not None:
        return _predict_set(trained, manifests, videos, part, split, vision, text, kept, progress)
    spans = [Span(path) for path in videos_of(paths)]
    done = encode_spans(spans, vision, kept, told.rate, progress)
    usable = [span for span in spans if span in done.keys]
    video = [array for span in usable if (array := kept.array(done.keys[span])) is not None]
    said = np.empty((0, trained.net.how.words_width), np.float32)
    if text is not None and caption.strip():
        said = np.concatenate(list(encode_texts([caption], text, kept).values()))
    answers = trained.answer(video, [said] * len(video))
    rows = [{"clip": span.path.name, **a.to_json()} for span, a in zip(usable, answers, strict=True)]
    return PredictedClips(tuple(rows), tuple((str(span), why) for span, why in done.failed))


def kind_of(model: Path | str) -> str:
    """Which kind of model a folder holds; "fusion" where it does not say.

    Raises:
        InputError: it has no settings, or they cannot be read.
    """
    path = Path(model) / "settings.json"
    if not path.exists():
        raise InputError(
            f"{model}: holds no trained clip classifier (settings.json and weights.safetensors)",
            "Train one with matchcut train clips, or name its folder",
        )
    value = files.read_json(path)
    return str(value.get("model", "fusion")) if isinstance(value, dict) else "fusion"


def _trained_with(name: str) -> str:
    return PIXELS if name.startswith(("pixels", "hashed")) else name


def _predict_set(
    trained: ClipClassifier,
    manifests: Path | str,
    videos: Path | str | None,
    part: str,
    split: str | None,
    vision: VisionEncoder,
    text: TextEncoder | None,
    store: FeatureStore,
    progress: Progress,
) -> PredictedClips:
    from matchcut.clips import pictures
    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.training.clips.prepare import DataSettings, prepare_clips

    training, told = trained.settings.training, trained.settings
    window, split = pictures.window_in(training), split or pictures.split_in(training)
    how = DataSettings(rate=told.rate, words=told.words, window=window, split=split)
    data = read_mlb_youtube(manifests)
    found = prepare_clips(data, videos if trained.settings.vision else None, how, vision, text, store, progress)
    samples = [s for name, each in found.parts.items() if part in ("all", name) for s in each]
    answers = trained.answer(
        [s.video for s in samples], [s.words for s in samples], [s.weights for s in samples]
    )
    rows = [{"clip": s.name, **a.to_json()} for s, a in zip(samples, answers, strict=True)]
    return PredictedClips(tuple(rows), tuple(("", note) for note in found.notes))
