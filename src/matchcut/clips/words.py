"""Baselines that see no picture: the captions alone, and the classes' shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.datasets.mlb_youtube import (
    ACTIONS,
    FINE_CLASSES,
    PAPER_CLASSES,
    PARTS,
    Clip,
    MlbYouTube,
    Split,
    WordWindow,
    clean,
    official_split,
    read_mlb_youtube,
    video_split,
)
from matchcut.errors import InputError
from matchcut.models.settings import from_json, to_json

if TYPE_CHECKING:
    from matchcut.metrics.classification import Classification
    from matchcut.training.caption_words import WordModel
    from matchcut.training.clips.prepare import DataSettings

MODELS = ("words", "majority")
WEIGHTS, SETTINGS = "weights.safetensors", "settings.json"
WINDOWS = {"official": WordWindow(10.0, 20.0, 0.0, 6.0), "video": WordWindow(10.0, 20.0, 2.0, 10.0)}
"""Split -> which words count, as chosen inside its own training part (experiments/mlb_youtube/captions.py)."""


def split_of(data: MlbYouTube, name: str) -> Split:
    """The official split, or the one by video."""
    return official_split(data) if name == "official" else video_split(data)


def train(
    manifests: Path | str, target: Path, how: DataSettings, model: str
) -> tuple[Classification | None, tuple[str, ...], dict[str, int]]:
    """Fits a baseline on the training and validation parts (nothing is chosen on the latter) and writes it.

    The seven fine classes are learnt whatever is asked for; the six are sums of them.

    Returns:
        Figures on the test part, notes, and clips a part.

    Raises:
        InputError: the manifests cannot be used, or no clip has captions.
        RequiresExtra: torch is not installed.
    """
    from matchcut.metrics.classification import classification_of_scores
    from matchcut.training.caption_words import WordModel, WordSettings, fit_words

    data = read_mlb_youtube(manifests)
    split = split_of(data, how.split)
    parts = {part: split.clips(data.clips, part) for part in PARTS}
    learnt = (*parts["train"], *parts["valid"])
    if not learnt:
        raise InputError("there is no training clip", "Give clips of the training split")
    labels = [clip.fine_class for clip in learnt]
    settings = WordSettings(window=WINDOWS[how.split], masked=how.words != "all")
    if model == "majority":
        shares = np.array([labels.count(name) for name in FINE_CLASSES], np.float64) + 1e-6
        shares /= shares.sum()
        made = WordModel(FINE_CLASSES, settings, {}, np.log(shares)[None], shares)
    else:
        made = fit_words(learnt, labels, _captions(data), FINE_CLASSES, settings)
    save(target, made, model, how)
    figures = None
    if parts["test"]:
        kinds, scores, _ = _scores(made, how.classes, parts["test"], data)
        fine = how.classes == "fine"
        truth = [clip.fine_class if fine else clip.paper_class for clip in parts["test"]]
        figures = classification_of_scores(truth, scores, kinds)
    lacking = [name for name in FINE_CLASSES if name not in labels]
    notes = [*data.notes, *([f"no training clip shows: {', '.join(lacking)}"] if lacking else [])]
    return figures, tuple(notes), {"train": len(learnt), "valid": 0, "test": len(parts["test"])}


def save(target: Path, made: WordModel, model: str, how: DataSettings) -> None:
    """Writes the model's folder."""
    from safetensors.numpy import save as packed

    arrays = {"weights": made.weights, "wordless": made.wordless}
    settings = {**to_json(made.settings), "window": to_json(made.settings.window)}
    told = {
        "version": 1, "model": model, "classes": how.classes, "split": how.split, "settings": settings,
        "vocabulary": list(made.vocabulary),
    }  # fmt: skip
    files.write_bytes(target / WEIGHTS, packed(arrays))
    files.write_json(target / SETTINGS, told)


def load(model: Path | str) -> tuple[WordModel, str, str]:
    """What `save` wrote: the model, which classes it answers with, and the split that it was fitted on.

    Raises:
        InputError: a file is missing or damaged.
        SettingsError: a setting is unknown.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpacked

    from matchcut.training.caption_words import WordModel, WordSettings

    source = Path(model)
    told = files.read_json(source / SETTINGS)
    try:
        settings = dict(told["settings"])
        window: Mapping[str, Any] | None = settings.pop("window")
        usual = from_json(WordSettings, settings, str(source / SETTINGS))
        chosen = replace(usual, window=WordWindow(**window) if window is not None else None)
        arrays = unpacked(files.read_bytes(source / WEIGHTS))
        vocabulary = {str(word): row for row, word in enumerate(told["vocabulary"])}
        weights, wordless = arrays["weights"], arrays["wordless"]
        if weights.shape != (len(vocabulary) + 1, len(FINE_CLASSES)) or wordless.shape != (len(FINE_CLASSES),):
            raise ValueError(f"weights of {weights.shape} for {len(vocabulary)} words")
        return (
            WordModel(FINE_CLASSES, chosen, vocabulary, weights, wordless),
            str(told["classes"]),
            str(told["split"]),
        )
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{source}: is damaged ({error})", "Train the model anew, or copy it again") from error


def predict(
    model: Path | str, manifests: Path | str, part: str, split: str | None
) -> tuple[dict[str, Any], ...]:
    """Rows of predictions for a part of a data set; see `predict_clips`.

    Raises:
        InputError: the model or the manifests cannot be used.
    """
    made, classes, own = load(model)
    data = read_mlb_youtube(manifests)
    chosen = split_of(data, split or own).part_of
    clips = [clip for clip in data.clips if part in ("all", chosen[clip.name])]
    if not clips:
        return ()
    kinds, scores, labels = _scores(made, classes, clips, data)
    return tuple(
        {
            "clip": clip.name, "kind": kinds[int(row.argmax())],
            "kinds": dict(zip(kinds, np.round(row, 6).tolist(), strict=True)),
            "labels": dict(zip(ACTIONS, np.round(likely, 6).tolist(), strict=True)),
            "pitches": {}, "speed_mph": None,
        }
        for clip, row, likely in zip(clips, scores, labels, strict=True)
    )  # fmt: skip


def _captions(data: MlbYouTube) -> dict[str, Any]:
    return {video: clean(said) for video, said in data.captions.items()}


def _scores(
    made: WordModel, classes: str, clips: Sequence[Clip], data: MlbYouTube
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    from matchcut.training.caption_words import action_scores, paper_scores

    fine = made.predict(clips, _captions(data))
    if classes == "fine":
        return FINE_CLASSES, fine, action_scores(fine)
    return PAPER_CLASSES, paper_scores(fine), action_scores(fine)
