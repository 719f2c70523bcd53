"""Networks that learn from pictures themselves: C3D, VideoMAE, and an encoder whose last layers learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matchcut.clips.picture_models import PictureModelSettings, load, look_of, made, save
from matchcut.encoders.pictures import PictureSettings
from matchcut.encoders.spans import Span, encode_texts, keep_pictures
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.models.devices import device_named
from matchcut.models.settings import from_json, to_json
from matchcut.progress import Progress

if TYPE_CHECKING:
    from torch import nn

    from matchcut.datasets.mlb_youtube import MlbYouTube
    from matchcut.encoders.text import TextEncoder
    from matchcut.metrics.classification import Classification
    from matchcut.training.clips.pictures import Pictures, PictureTask
    from matchcut.training.clips.prepare import ClipData, DataSettings
    from matchcut.training.clips.samples import Sample
    from matchcut.training.clips.task import ClipTraining
    from matchcut.training.settings import LoopSettings

Rows = tuple[tuple[dict[str, Any], ...], tuple[tuple[str, str], ...]]


def train(
    manifests: Path | str,
    videos: Path | str,
    target: Path,
    model: str,
    data_how: DataSettings,
    given: Mapping[str, Any],
    clips: ClipTraining,
    loop: LoopSettings,
    store: FeatureStore,
    encoder: str,
    unfrozen: int,
    progress: Progress,
    *,
    device: str = "auto",
    download: bool = False,
    **_: Any,
) -> tuple[Classification | None, tuple[str, ...], dict[str, int]]:
    """Trains one of `MODELS` and writes its folder; see `train_clip_classifier`.

    Returns:
        Figures on the test part, notes, and clips a part.
    """
    import torch

    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.metrics.classification import classification_of_scores
    from matchcut.training.clips.pictures import PictureTask, PictureTraining
    from matchcut.training.loop import Loop, seed_of

    if given.get("pretraining"):
        raise SettingsError(f"pretraining is for stored features, not for {model!r}", "Leave it out")
    vary = from_json(PictureTraining, given.get("pictures", {}), "pictures")
    data = read_mlb_youtube(manifests)
    text = _text(encoder, download, device) if model == "unfrozen" and data_how.words != "none" else None
    if text is None:
        data_how = replace(data_how, words="none")
    torch.manual_seed(seed_of(loop.seed, 1))
    net, told = made(model, given.get("network", {}), data_how, encoder, unfrozen, text, download)
    look = look_of(told)
    found, pictures = _data(data, videos, data_how, look, text, store, progress)
    if not found.parts["train"]:
        raise InputError("there is no training clip", "Give clips of the training split, and their videos")
    how, vary = replace(clips, seed=loop.seed, batch=loop.batch), replace(vary, frames=told.frames)
    task = PictureTask(
        net, found.parts["train"], found.parts["valid"], pictures, look, how, vary, len(found.kinds)
    )
    best = Loop(task, loop, target / "training", device).run(progress).cpu()
    settings = {key: to_json(value) for key, value in
                (("data", data_how), ("clips", clips), ("loop", loop), ("pictures", vary))}  # fmt: skip
    save(target, best, replace(told, training=settings))
    test, figures = found.parts["test"], None
    if test:
        scores = task.answer(best.eval(), test).softmax(-1).numpy()
        figures = classification_of_scores([found.kinds[s.kind] for s in test], scores, found.kinds)
    counts = {part: len(samples) for part, samples in found.parts.items()}
    return figures, (*data.notes, *found.notes), counts


def predict(
    model: Path | str,
    paths: Sequence[Path] | None,
    manifests: Path | str | None,
    videos: Path | str | None,
    part: str,
    split: str | None,
    caption: str,
    encoder: str | None,
    store: FeatureStore,
    progress: Progress,
    *,
    device: str = "auto",
    download: bool = False,
    **_: Any,
) -> Rows:
    """Rows of predictions and what failed; see `predict_clips`."""
    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.training.clips.pictures import stored_pictures
    from matchcut.training.clips.prepare import DataSettings
    from matchcut.training.clips.samples import Sample

    net, told = load(model)
    look = look_of(told)
    text = _text(encoder or told.text_name, download, device) if told.text else None
    if text is not None and text.identity != told.text:
        raise InputError(
            f"the model was trained on words of {told.text_name} ({told.text}), not of {text.name}",
            f"Name the encoder {told.text_name}",
        )
    if paths is not None:
        spans = [Span(path) for path in paths]
        done = keep_pictures(spans, look, store, told.rate, progress)
        usable = [span for span in spans if span in done.keys]
        said = np.empty((0, 1 if text is None else text.width), np.float32)
        if text is not None and caption.strip():
            said = np.concatenate(list(encode_texts([caption], text, store).values()))
        nothing = np.empty((0, 1), np.float32)
        weights = np.ones(len(said), np.float32)
        samples = [Sample(str(span.path), nothing, said, weights) for span in usable]
        pictures = stored_pictures(store, {str(span.path): key for span, key in done.keys.items()})
        failed = tuple((str(span), why) for span, why in done.failed)
        names = [span.path.name for span in usable]
    else:
        if videos is None:
            raise InputError(f"{model}: looks at pictures", "Name the folder of the videos with --videos")
        window, split = window_in(told.training), split or split_in(told.training)
        how = DataSettings(rate=told.rate, words=told.words, window=window, split=split)
        found, pictures = _data(read_mlb_youtube(manifests or ""), videos, how, look, text, store, progress)
        samples = [s for name, each in found.parts.items() if part in ("all", name) for s in each]
        failed = tuple(("", note) for note in found.notes)
        names = [sample.name for sample in samples]
    if not samples:
        return (), failed
    task = _task(net, pictures, look, told)
    scores = task.answer(net.to(device_named(device)), samples, device_named(device)).softmax(-1).numpy()
    return tuple(
        {
            "clip": name, "kind": told.kinds[int(row.argmax())],
            "kinds": {kind: round(float(value), 6) for kind, value in zip(told.kinds, row, strict=True)},
            "labels": {}, "pitches": {}, "speed_mph": None,
        }
        for name, row in zip(names, scores, strict=True)
    ), failed  # fmt: skip


def split_in(training: Mapping[str, Any]) -> str:
    """The split that a model was trained on, as its settings tell it."""
    data = training.get("data", {})
    return str(data.get("split", "official")) if isinstance(data, Mapping) else "official"


def window_in(training: Mapping[str, Any]) -> tuple[float, ...]:
    """The window of words that a model was trained with, as its settings tell it."""
    from matchcut.training.clips.prepare import DataSettings

    data = training.get("data", {})
    usual = DataSettings().window
    return tuple(data.get("window", usual)) if isinstance(data, Mapping) else usual


def _task(net: nn.Module, pictures: Pictures, look: PictureSettings, told: PictureModelSettings) -> PictureTask:
    from matchcut.training.clips.pictures import PictureTask, PictureTraining
    from matchcut.training.clips.task import ClipTraining

    how, vary = ClipTraining(batch=16), PictureTraining(frames=told.frames)
    return PictureTask(net, [], [], pictures, look, how, vary, len(told.kinds))


def _data(
    data: MlbYouTube,
    videos: Path | str,
    how: DataSettings,
    look: PictureSettings,
    text: TextEncoder | None,
    store: FeatureStore,
    progress: Progress,
) -> tuple[ClipData, Pictures]:
    """Samples of the clips whose pictures could be kept, and where these are."""
    from matchcut.datasets.mlb_youtube import find_sources
    from matchcut.training.clips.pictures import stored_pictures
    from matchcut.training.clips.prepare import missing_classes, prepare_clips

    sources = find_sources(data.clips, videos)
    spans = {source.clip.name: Span(source.path, source.start, source.end) for source in sources.found}
    done = keep_pictures(list(spans.values()), look, store, how.rate, progress)
    keys = {name: done.keys[span] for name, span in spans.items() if span in done.keys}
    notes = [*sources.notes(), *(f"{span} was skipped: {why}" for span, why in done.failed)]
    if not keys:
        raise InputError(
            f"none of {len(data.clips)} clips can be used ({'; '.join(notes)[:300]})",
            "Name the folder of the videos",
        )
    found = prepare_clips(data, None, how, None, text, store)

    def seen(samples: Sequence[Sample]) -> list[Sample]:
        return [sample for sample in samples if sample.name in keys]

    found.parts = {part: seen(samples) for part, samples in found.parts.items()}
    found.notes = [*notes, *missing_classes(found)]
    return found, stored_pictures(store, keys)


def _text(encoder: str, download: bool, device: str) -> TextEncoder:
    from matchcut.encoders.text import load_text

    return load_text(encoder, download=download, device=device)
