"""A clip classifier trained on a data set: the fusion network, its last encoder layers, or a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut.clips.encoding import PIXELS, load_encoders
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.models.settings import choice, from_json, to_json
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from matchcut.metrics.classification import Classification

MODELS: Mapping[str, str] = {
    "fusion": "pictures and words together",
    "video": "the same network on the pictures alone",
    "words": "the captions alone: words weighed by their distance in time",
    "majority": "the classes' shares, whatever the clip",
    "c3d": "3D convolutions on the pictures (the seed paper's baseline)",
    "videomae": "VideoMAE on the pictures, through transformers",
}
"""Name -> what it is."""


@dataclass(frozen=True)
class TrainedClips:
    """What `train_clip_classifier` made.

    Attributes:
        folder: of the model.
        figures: on the test part; None if it is empty.
        notes: what was left out and why.
        counts: clips a part.
    """

    folder: Path
    figures: Classification | None
    notes: tuple[str, ...]
    counts: dict[str, int]


def train_clip_classifier(
    manifests: Path | str,
    output: Path | str,
    *,
    videos: Path | str | None = None,
    model: str = "fusion",
    unfrozen: int = 0,
    encoder: str = PIXELS,
    settings: Mapping[str, Any] | None = None,
    store: Path | str | None = None,
    progress: Progress = silent,
    **how: Any,
) -> TrainedClips:
    """Trains a clip classifier on MLB-YouTube's manifests, or practice clips.

    Args:
        manifests: the folder of JSON files.
        output: the model's folder; a second run goes on where the first was stopped.
        videos: the folder of videos or cut clips; without it words alone are learnt from.
        model: see `MODELS`.
        unfrozen: for "fusion" and "video": so many of the vision encoder's last layers learn with the network.
        encoder, how: see `load_encoders`; for "videomae" a VideoMAE checkpoint, or "untrained".
        settings: what is not as usual, by part: ``{"data": {…}, "network": {…}, "clips": {…}, "loop": {…},
            "pictures": {…}, "pretraining": epochs}``; see `DataSettings`, `FusionSettings` (for "c3d"
            `C3DSettings`), `ClipTraining`, `LoopSettings`, `PictureTraining`.
        store: the folder of features; in ``output`` if None.
        progress: told of clips encoded, then of steps.

    Raises:
        InputError: the manifests, videos or weights cannot be used.
        SettingsError: a setting is unknown or out of its range.
        TrainingError: the loss is no longer a number.
    """
    from matchcut.clips import picture_models, pictures, words
    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.metrics.classification import classification_of_scores
    from matchcut.models.fusion import FusionSettings
    from matchcut.spotters.clips import ClipClassifier, ClipModelSettings
    from matchcut.training.clips.prepare import DataSettings, prepare_clips
    from matchcut.training.clips.run import answers, train_clips
    from matchcut.training.clips.task import ClipTraining
    from matchcut.training.settings import LoopSettings

    choice("model", model, tuple(MODELS))
    given = _parts(settings)
    data_how = from_json(DataSettings, given.get("data", {}), "data")
    clips = from_json(ClipTraining, given.get("clips", {}), "clips")
    loop = from_json(LoopSettings, given.get("loop", {}), "loop")
    target = Path(output)
    if model in words.MODELS:
        return TrainedClips(target, *words.train(manifests, target, data_how, model))
    if videos is None and (model != "fusion" or unfrozen):
        raise InputError(f"the model {model!r} learns from pictures", "Name their folder with --videos")
    if unfrozen and model not in ("fusion", "video"):
        raise SettingsError(f"the model {model!r} has no encoder to unfreeze", "Leave --unfreeze out")
    if model == "video":
        data_how = replace(data_how, words="none")
    if unfrozen or model in picture_models.NETWORKS:
        assert videos is not None
        kind = "unfrozen" if unfrozen else model
        if unfrozen and encoder == PIXELS:
            raise SettingsError("the encoder 'pixels' has no layers to learn", "Name a CLIP or SigLIP model")
        kept = FeatureStore(store or target / "features")
        done = pictures.train(
            manifests,
            videos,
            target,
            kind,
            data_how,
            given,
            clips,
            loop,
            kept,
            encoder,
            unfrozen,
            progress,
            **how,
        )  # fmt: skip
        return TrainedClips(target, *done)
    network = from_json(FusionSettings, given.get("network", {}), "network")
    if model == "video":
        network = replace(network, modalities="video")
    pretraining = int(given.get("pretraining", 0))
    data = read_mlb_youtube(manifests)
    vision, text = load_encoders(encoder, words=data_how.words != "none", cache=target / "networks", **how)
    kept = FeatureStore(store or target / "features")
    found = prepare_clips(data, videos, data_how, vision, text, kept, progress)
    device = str(how.get("device", "auto"))
    net = train_clips(
        found,
        network,
        clips,
        loop,
        target / "training",
        pretraining=pretraining,
        device=device,
        progress=progress,
    )
    test, figures = found.parts["test"], None
    if test:
        said = answers(net, test)
        figures = classification_of_scores([found.kinds[s.kind] for s in test], said["classes"], found.kinds)
    told = ClipModelSettings(
        to_json(net.how), found.kinds, found.labels, found.pitches, found.speed_mean, found.speed_std,
        data_how.rate, data_how.words,
        vision.identity if videos is not None else "", vision.name if videos is not None else "",
        text.identity if text is not None else "", text.name if text is not None else "",
        {"data": to_json(data_how), "clips": to_json(clips), "loop": to_json(loop), "pretraining": pretraining},
    )  # fmt: skip
    short = {} if figures is None else {
        "clips": figures.examples, "accuracy": round(figures.accuracy, 4),
        "weighted F1": round(figures.f1_weighted, 4), "macro F1": round(figures.f1_macro, 4),
    }  # fmt: skip
    ClipClassifier(net.cpu(), told).save(target, short)
    counts = {part: len(samples) for part, samples in found.parts.items()}
    return TrainedClips(target, figures, (*data.notes, *found.notes), counts)


def _parts(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    known = ("data", "network", "clips", "loop", "pictures", "pretraining")
    if settings is not None and not isinstance(settings, Mapping):
        raise SettingsError("settings are no JSON object", f"Give an object of {', '.join(known)}")
    given = dict(settings or {})
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsError(f"there are no settings of {', '.join(unknown)}", f"Use {', '.join(known)}")
    for name in known[:-1]:
        if not isinstance(given.get(name, {}), Mapping):
            raise SettingsError(f"the settings of {name} are no JSON object", "Give names and values")
    epochs = given.get("pretraining", 0)
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
        raise SettingsError(f"pretraining is a number of epochs, not {epochs!r}", "Give 0 or more")
    return given
