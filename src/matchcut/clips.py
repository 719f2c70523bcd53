"""Clips as a whole job: encoded, trained on, classified, scored. What the command line calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from matchcut import files
from matchcut.encoders.spans import Span, encode_spans, encode_texts
from matchcut.encoders.store import FeatureStore
from matchcut.encoding import EncodedFiles, encode_here, encode_spread
from matchcut.errors import InputError, SettingsError
from matchcut.models.settings import from_json, to_json
from matchcut.progress import Progress, silent

if TYPE_CHECKING:
    from matchcut.encoders.text import TextEncoder
    from matchcut.encoders.vision import Backend, Precision, VisionEncoder
    from matchcut.metrics.classification import Classification
    from matchcut.spotters.clips import ClipClassifier
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
        encoder, how: see `load_encoders`.
        sound: whether their sound becomes features too, all of it.
        spread: how Ray spreads the recordings over processes and machines; None to work in this process.
        progress: told of pictures, or of recordings where they are spread.

    Raises:
        InputError: no video is named, or the encoder's weights are not here.
        OutputError: the store is full; what was made is kept.
    """
    spans = [Span(path, start, end) for path in _videos(paths)]
    if spread is not None:
        return encode_spread(spans, Path(store), rate, encoder, how, spread, sound=sound, progress=progress)
    vision, _ = load_encoders(encoder, words=False, cache=Path(store) / "networks", **how)
    return encode_here(spans, vision, FeatureStore(store), rate, sound, progress)


def _videos(paths: Iterable[Path | str]) -> list[Path]:
    found: list[Path] = []
    for given in map(Path, paths):
        if given.is_dir():
            found += sorted(path for path in given.rglob("*") if path.suffix.lower() in SUFFIXES)
        else:
            found.append(given)
    if not found:
        raise InputError("there is no video to work on", f"Name files, or a folder of: {', '.join(SUFFIXES)}")
    return found


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
        encoder, how: see `load_encoders`.
        settings: what is not as usual, by part: ``{"data": {…}, "network": {…}, "clips": {…}, "loop": {…},
            "pretraining": epochs}``; see `DataSettings`, `FusionSettings`, `ClipTraining`, `LoopSettings`.
        store: the folder of features; in ``output`` if None.
        progress: told of clips encoded, then of steps.

    Raises:
        InputError: the manifests, videos or weights cannot be used.
        SettingsError: a setting is unknown or out of its range.
        TrainingError: the loss is no longer a number.
    """
    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.metrics.classification import classification_of_scores
    from matchcut.models.fusion import FusionSettings
    from matchcut.spotters.clips import ClipClassifier, ClipModelSettings
    from matchcut.training.clips.prepare import DataSettings, prepare_clips
    from matchcut.training.clips.run import answers, train_clips
    from matchcut.training.clips.task import ClipTraining
    from matchcut.training.settings import LoopSettings

    given = dict(settings or {})
    unknown = sorted(set(given) - {"data", "network", "clips", "loop", "pretraining"})
    if unknown:
        raise SettingsError(f"there are no settings of {', '.join(unknown)}", "Use data, network, clips, loop")
    data_how = from_json(DataSettings, given.get("data", {}), "data")
    network = from_json(FusionSettings, given.get("network", {}), "network")
    clips = from_json(ClipTraining, given.get("clips", {}), "clips")
    loop = from_json(LoopSettings, given.get("loop", {}), "loop")
    pretraining = int(given.get("pretraining", 0))
    target = Path(output)
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
    split: str = "official",
    caption: str = "",
    encoder: str | None = None,
    store: Path | str | None = None,
    progress: Progress = silent,
    **how: Any,
) -> PredictedClips:
    """Classes of clips: of files, each of which is one clip, or of a part of a data set.

    Args:
        model: the folder of a trained model.
        paths: videos or GIFs, or folders of them.
        manifests, videos: a data set instead of ``paths``.
        part, split: which clips of it; "all" for every one.
        caption: what is said of the clips in ``paths``.
        encoder: a folder or name; the one that the model was trained with if None.
        store: where features are kept; beside the model if None.
        how: see `load_encoders`.
        progress: told of clips encoded.

    Raises:
        InputError: the model, the encoder or the data cannot be used.
    """
    from matchcut.spotters.clips import ClipClassifier

    trained = ClipClassifier.load(model)
    told = trained.settings
    name = encoder or _trained_with(told.vision_name or told.text_name)
    kept = FeatureStore(store or Path(model) / "features")
    vision, text = load_encoders(name, words=bool(told.text), cache=Path(model) / "networks", **how)
    trained.check_encoders(vision, text)
    if manifests is not None:
        return _predict_set(trained, manifests, videos, part, split, vision, text, kept, progress)
    spans = [Span(path) for path in _videos(paths)]
    done = encode_spans(spans, vision, kept, told.rate, progress)
    usable = [span for span in spans if span in done.keys]
    video = [array for span in usable if (array := kept.array(done.keys[span])) is not None]
    said = np.empty((0, trained.net.how.words_width), np.float32)
    if text is not None and caption.strip():
        said = np.concatenate(list(encode_texts([caption], text, kept).values()))
    answers = trained.answer(video, [said] * len(video))
    rows = [{"clip": span.path.name, **a.to_json()} for span, a in zip(usable, answers, strict=True)]
    return PredictedClips(tuple(rows), tuple((str(span), why) for span, why in done.failed))


def _trained_with(name: str) -> str:
    return PIXELS if name.startswith(("pixels", "hashed")) else name


def _predict_set(
    trained: ClipClassifier,
    manifests: Path | str,
    videos: Path | str | None,
    part: str,
    split: str,
    vision: VisionEncoder,
    text: TextEncoder | None,
    store: FeatureStore,
    progress: Progress,
) -> PredictedClips:
    from matchcut.datasets.mlb_youtube import read_mlb_youtube
    from matchcut.training.clips.prepare import DataSettings, prepare_clips

    how = DataSettings(rate=trained.settings.rate, words=trained.settings.words, split=split)
    data = read_mlb_youtube(manifests)
    found = prepare_clips(data, videos if trained.settings.vision else None, how, vision, text, store, progress)
    if part != "all" and part not in found.parts:
        raise SettingsError(f"there is no part {part!r}", "Use train, valid, test or all")
    samples = [s for name, each in found.parts.items() if part in ("all", name) for s in each]
    answers = trained.answer(
        [s.video for s in samples], [s.words for s in samples], [s.weights for s in samples]
    )
    rows = [{"clip": s.name, **a.to_json()} for s, a in zip(samples, answers, strict=True)]
    return PredictedClips(tuple(rows), tuple(("", note) for note in found.notes))


def evaluate_clips(
    manifests: Path | str, predictions: Path | str
) -> tuple[Classification, dict[str, Any] | None]:
    """Predictions scored against a data set's truth.

    Args:
        manifests: the folder of JSON files.
        predictions: what `PredictedClips.save` wrote.

    Returns:
        The classification's figures, and the multi-label figures where the model has such a head.

    Raises:
        InputError: a file cannot be used, or no predicted clip is in the data set.
    """
    from matchcut.datasets.mlb_youtube import ACTIONS, FINE_CLASSES, multi_hot, read_mlb_youtube
    from matchcut.metrics.classification import classification_of_scores
    from matchcut.metrics.multilabel import multilabel_map

    value = files.read_json(predictions)
    truth = {clip.name: clip for clip in read_mlb_youtube(manifests).clips}
    try:
        rows: Sequence[dict[str, Any]] = [row for row in value["clips"] if row["clip"] in truth]
        kinds = list(rows[0]["kinds"]) if rows else []
        scores = [[float(row["kinds"][kind]) for kind in kinds] for row in rows]
        labels = [[float(row["labels"][name]) for name in ACTIONS] for row in rows if row["labels"]]
    except (TypeError, KeyError, ValueError) as error:
        reason = f"{predictions}: is no file of clip predictions ({error})"
        raise InputError(reason, "Make one with matchcut predict clips") from error
    if not rows:
        raise InputError(
            f"{predictions}: no clip in it is in the data set", "Name the manifests of the same clips"
        )
    fine = set(kinds) == set(FINE_CLASSES)
    known = [truth[row["clip"]] for row in rows]
    figures = classification_of_scores([c.fine_class if fine else c.paper_class for c in known], scores, kinds)
    if len(labels) != len(rows):
        return figures, None
    return figures, multilabel_map(multi_hot(clip.labels for clip in known), labels, ACTIONS).to_json()
