"""Labelled frames as a whole job: an encoder trained on them, measured, asked. What the command line calls."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut import files
from matchcut.datasets.soccernet_frames import read_soccernet_frames, rgb_pixels
from matchcut.errors import InputError, MatchcutError, SettingsError
from matchcut.progress import Progress, part, silent
from matchcut.sport import soccer
from matchcut.sport.prompts import Prompts, prompts_of

if TYPE_CHECKING:
    from matchcut.training.frames.measure import FrameFigures
    from matchcut.training.frames.run import Probe

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")


@dataclass(frozen=True)
class TrainedFrames:
    """What `train_frames` made.

    Attributes:
        folder: of the model.
        figures: on the test split; None where it has no picture.
        notes: what was left out and why.
        told: settings, counts of pictures, ``pictures_s`` (training pictures a second) and ``device``.
    """

    folder: Path
    figures: FrameFigures | None
    notes: tuple[str, ...]
    told: Mapping[str, Any]


@dataclass
class PredictedFrames:
    """What `predict_frames` found.

    Attributes:
        rows: a picture each: ``picture``, ``label``, and ``labels`` with each one's probability.
        failed: pictures that could not be used, and why.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def train_frames(
    folder: Path | str,
    output: Path | str,
    *,
    encoder: str | None = None,
    scratch: str | None = None,
    resnet: str | None = None,
    method: str = "full",
    augment: str = "none",
    settings: Mapping[str, Any] | None = None,
    prompts: Prompts | None = None,
    splits: str | Path = "auto",
    download: bool = False,
    device: str = "auto",
    memory_mb: float = 2048.0,
    progress: Progress = silent,
) -> TrainedFrames:
    """Fine-tunes an image-text encoder on SoccerNet-v3's images, or practice frames, and measures it on test.

    Args:
        folder: the images; see `read_soccernet_frames`.
        output: the model's folder; a second run goes on where the first was stopped.
        encoder: a CLIP model on the hub or in a local folder; ViT-B/32 if None.
        scratch: instead of an encoder: the size ("tiny", "small", "base") of one of random weights.
        resnet: a ResNet that takes its ViT's place.
        method: "full", "layers", "lora" or "probe": what learns.
        augment: "none", "ahead" (fixed copies, the paper's) or "fresh".
        settings: what is not as usual, by part: ``{"frames": {…}, "loop": {…}, …}``; see
            `matchcut.training.frames.plan.FramePlan`.
        prompts: of the labels; the sport's own if None.
        splits: see `read_soccernet_frames`.
        download: whether weights may be fetched from the hub.
        device: "auto", "cpu", "cuda" …
        memory_mb: prepared pictures that are kept in memory.
        progress: told of pictures looked at, then of steps.

    Raises:
        InputError: images or weights cannot be used, or all training pictures have one label.
        LabelError: a label has no prompt.
        SettingsError: a setting is unknown or out of its range.
        TrainingError: the loss is no longer a number.
    """
    from matchcut.encoders.dual import load_dual, save_dual, untrained_dual
    from matchcut.encoders.pretrained import DEFAULT
    from matchcut.training.frames.measure import figures_of
    from matchcut.training.frames.plan import FramePlan
    from matchcut.training.frames.report import card, encodings, probe_scores, write_figures
    from matchcut.training.frames.samples import Pictures, only_usable
    from matchcut.training.frames.source import MODEL, frame_data

    if scratch is not None and encoder is not None:
        raise SettingsError("an encoder and random weights cannot both be begun with", "Name one of the two")
    how = FramePlan(method, augment, settings)
    source = read_soccernet_frames(folder, splits=splits)
    data = frame_data(source, (prompts or prompts_of(soccer)).for_labels(source.labels))
    data.check_training()
    dual = (
        untrained_dual(scratch, resnet, how.loop.seed)
        if scratch is not None
        else load_dual(encoder or DEFAULT, resnet=resnet, download=download, seed=how.loop.seed)
    )
    target = _made(Path(output))
    pictures = Pictures(data.read, dual.pictures, memory_mb)
    data = only_usable(data, pictures, part(progress, 0.0, 0.1))
    dual, probe, speed = how.train(dual, data, pictures, target / "training", device, part(progress, 0.1, 1.0))
    encoded = encodings(dual, data, pictures, "test", device) if data.parts["test"] else None
    figures = None if encoded is None else figures_of(encoded, probe_scores(encoded, probe))
    told = {
        "version": 1, "begun_with": dual.name, "images": Path(folder).name, "split_by": source.split_by,
        "synthetic": (Path(folder) / "practice.json").exists(), **how.to_json(), **speed,
        "counts": {name: len(samples) for name, samples in data.parts.items()},
        "prompts": {label: list(texts) for label, texts in data.prompts.items()},
    }  # fmt: skip
    save_dual(target, dual, card(told, figures))
    if probe is not None:
        probe.save(target)
    files.write_json(target / MODEL, told)
    if encoded is not None and figures is not None:
        write_figures(target, encoded, figures, pictures, probe)
    return TrainedFrames(target, figures, data.notes, told)


def _made(folder: Path) -> Path:
    """A folder that can be written to: told now, and not after hours of training."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.write_error(folder, error) from error
    if not os.access(folder, os.W_OK):
        raise files.write_error(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return folder


def evaluate_frames(
    model: str,
    folder: Path | str,
    split: str = "test",
    *,
    output: Path | str | None = None,
    prompts: Prompts | None = None,
    splits: str | Path = "auto",
    download: bool = False,
    device: str = "auto",
    progress: Progress = silent,
) -> tuple[FrameFigures, tuple[str, ...]]:
    """Scores an image-text encoder on labelled images: a folder that was trained here, or any CLIP (zero-shot).

    Args:
        model: a folder, or a name on the hub.
        folder: the images.
        split: train, valid or test.
        output: a folder for ``figures.json``, ``confusion.svg`` and ``retrievals.png``.
        prompts: of the labels; the model's own if None, or the sport's where it has none.
        splits: see `read_soccernet_frames`.
        download, device: see `train_frames`.
        progress: told of pictures.

    Returns:
        The figures, and what was left out.

    Raises:
        InputError: images or weights cannot be used.
        LabelError: a label has no prompt.
    """
    from matchcut.encoders.dual import load_dual
    from matchcut.training.frames.measure import figures_of
    from matchcut.training.frames.report import encodings, probe_scores, write_figures
    from matchcut.training.frames.samples import Pictures
    from matchcut.training.frames.source import frame_data

    source = read_soccernet_frames(folder, splits=splits)
    source.of(split)
    texts, probe = _known(model, prompts, source.labels)
    data = frame_data(source, texts)
    dual = load_dual(model, download=download)
    pictures = Pictures(data.read, dual.pictures)
    kept, failed = pictures.usable(data.parts[split], progress)
    data = replace(data, parts={**data.parts, split: kept}, notes=(*data.notes, *failed))
    encoded = encodings(dual, data, pictures, split, device)
    figures = figures_of(encoded, probe_scores(encoded, probe))
    if output is not None:
        write_figures(Path(output), encoded, figures, pictures, probe)
    return figures, data.notes


def _known(
    model: str, prompts: Prompts | None, labels: Iterable[str]
) -> tuple[Mapping[str, tuple[str, ...]], Probe | None]:
    """The labels with their prompts, and the model's probe; a probe knows its own labels alone."""
    from matchcut.training.frames.run import load_probe
    from matchcut.training.frames.source import FrameModel

    own, probe = FrameModel.of(model), load_probe(model)
    if own is not None:
        names = list(own.prompts)
        return (own.prompts if prompts is None else prompts.for_labels(names)), probe
    return (prompts or prompts_of(soccer)).for_labels(labels), None


def predict_frames(
    model: str,
    images: Iterable[Path | str],
    *,
    prompts: Prompts | None = None,
    download: bool = False,
    device: str = "auto",
    progress: Progress = silent,
) -> PredictedFrames:
    """What single pictures show.

    Args:
        model: a folder that was trained here, or any CLIP (then the sport's labels are asked for).
        images: files, or folders of them.
        prompts, download, device: see `evaluate_frames`.
        progress: told of pictures.

    Raises:
        InputError: no picture is named, or none can be used.
    """
    from matchcut.encoders.dual import load_dual
    from matchcut.training.frames.report import encodings, probe_scores
    from matchcut.training.frames.samples import FrameData, FrameSample, Pictures

    paths = _images(images)
    texts, probe = _known(model, prompts, soccer.names)
    dual = load_dual(model, download=download)
    every = {str(path): path for path in paths}
    samples = [FrameSample(name, 0) for name in every]
    data = FrameData(
        tuple(texts), texts, {"test": samples}, lambda name: rgb_pixels(files.read_bytes(every[name]), name)
    )
    pictures, found = Pictures(data.read, dual.pictures), PredictedFrames()
    kept = []
    for place, sample in enumerate(samples):
        try:
            pictures(sample.name)
            kept.append(sample)
        except MatchcutError as error:
            found.failed.append((sample.name, error.problem.removeprefix(f"{sample.name}: ")))
        progress(place + 1, len(samples))
    if not kept:
        name, why = found.failed[0]
        raise InputError(f"no picture can be used: {name}: {why}", "Name PNG or JPEG pictures")
    encoded = encodings(dual, replace(data, parts={"test": kept}), pictures, "test", device)
    scores = probe_scores(encoded, probe)
    for sample, row in zip(kept, encoded.scores() if scores is None else scores, strict=True):
        said = {label: round(float(share), 6) for label, share in zip(data.kinds, row, strict=True)}
        found.rows.append({"picture": sample.name, "label": max(said, key=lambda k: said[k]), "labels": said})
    return found


def _images(given: Iterable[Path | str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, given):
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    if not found:
        raise InputError("there is no picture to look at", f"Name files, or a folder of: {', '.join(SUFFIXES)}")
    return found
