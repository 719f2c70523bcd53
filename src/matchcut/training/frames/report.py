"""A trained encoder told: its vectors, figures, confusion matrix, retrievals, and the model's card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.dual import Dual
from matchcut.export.confusion import write_confusion
from matchcut.export.retrievals import write_retrievals
from matchcut.models.devices import device_named
from matchcut.training.frames.measure import Encodings, FrameFigures, retrieval_rows, softmax
from matchcut.training.frames.run import Probe
from matchcut.training.frames.samples import FrameData, Pictures, PromptTokens
from matchcut.training.frames.task import image_vectors, text_vectors

FIGURES, CONFUSION, RETRIEVALS = "figures.json", "confusion.svg", "retrievals.png"


def encodings(dual: Dual, data: FrameData, pictures: Pictures, split: str, device: str = "auto") -> Encodings:
    """A split's pictures and all prompts as vectors."""
    where = device_named(device)
    net, tokens, samples = dual.net.to(where).eval(), PromptTokens.of(data, dual), data.parts[split]
    images = image_vectors(net, pictures, samples, where).numpy()
    texts = text_vectors(net, tokens, where).numpy()
    scale = float(net.logit_scale.detach().exp().clamp(max=100))
    net.to("cpu")
    every = tuple(text for kind in data.kinds for text in data.prompts[kind] if text.strip())
    return Encodings(samples, images, texts, tokens.owner, data.kinds, every, scale)


def probe_scores(encoded: Encodings, probe: Probe | None) -> NDArray[np.floating] | None:
    """A probe's probabilities, (N, labels); None without one."""
    return None if probe is None else softmax(probe.scores(encoded.images))


def write_figures(
    folder: Path, encoded: Encodings, figures: FrameFigures, pictures: Pictures, probe: Probe | None = None
) -> None:
    """Writes ``figures.json``, ``confusion.svg``, and ``retrievals.png`` with the data's own pictures."""
    files.write_json(folder / FIGURES, figures.to_json())
    told = figures.classification
    title = f"{told.examples} pictures, accuracy {told.accuracy:.1%}"
    write_confusion(folder / CONFUSION, told.classes, told.confusion, title)
    rows = retrieval_rows(encoded, lambda sample: pictures.read(sample.name), probe_scores(encoded, probe))
    write_retrievals(folder / RETRIEVALS, rows, f"Best and worst retrievals of {told.examples} pictures")


def card(told: Mapping[str, Any], figures: FrameFigures | None) -> str:
    """The model's card, in Markdown.

    Args:
        told: what `matchcut.frames.train_frames` keeps in ``frames.json``.
        figures: on the test split; None where there is none.
    """
    practice = (
        "practice images (synthetic: no claim about soccer)" if told["synthetic"] else "SoccerNet-v3's images"
    )
    loop, counts = told["loop"], told["counts"]
    lines = [
        "# An image-text encoder trained on soccer images", "",
        f"- Begun with: {told['begun_with']}; the licence of any weights in it holds for these too.",
        f"- Trained on: {counts['train']} {practice}, chosen on {counts['valid']};"
        f" splits by {told['split_by']}.",
        f"- What learnt: {told['method']}; augmentation: {told['augment']}.",
        f"- {loop['optimizer']}, rate {loop['learning_rate']:g}, {loop['schedule']} schedule, "
        f"{loop['epochs']} epochs, batch {loop['batch']}, seed {loop['seed']}.",
    ]  # fmt: skip
    if "frames" in told:
        lines.append(f"- Loss: {told['frames']['loss']}; prompts of a step: {told['frames']['prompts']}.")
    if told.get("pictures_s"):
        lines.append(f"- Speed: {told['pictures_s']:g} training pictures a second on {told['device']}.")
    if figures is not None:
        lines += ["", *_measured(figures)]
    lines += [
        "", "Load its towers with `matchcut.encoders.vision.load_vision(FOLDER)` and",
        "`matchcut.encoders.text.load_text(FOLDER)`, or name the folder where a command takes an encoder",
        '(`matchcut find match.mp4 "corner kick" --vision-model FOLDER`).',
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _measured(figures: FrameFigures) -> list[str]:
    told, sure, mean = figures.classification, figures.accuracy_interval, figures.macro_interval
    asked, found = figures.image_to_text, figures.text_to_image
    top = ", ".join(f"top-{k} {share:.1%}" for k, share in told.top_k.items() if k > 1)
    return [
        f"On {told.examples} test pictures (95 % by {figures.by}):", "",
        f"- accuracy {told.accuracy:.1%} ({sure.low:.1%}–{sure.high:.1%}), {top}",
        f"- macro accuracy {figures.macro_accuracy:.1%} ({mean.low:.1%}–{mean.high:.1%})",
        "- image to text: " + ", ".join(f"recall@{k} {share:.1%}" for k, share in asked.recall_at.items()),
        "- text to image: " + ", ".join(f"recall@{k} {share:.1%}" for k, share in found.recall_at.items())
        + f", mean average precision {found.mean_average_precision:.1%}",
    ]  # fmt: skip
