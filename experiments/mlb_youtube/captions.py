"""What the announcers' words alone tell of a clip's class, on MLB-YouTube's real captions.

    python experiments/mlb_youtube/captions.py DATA [--choose] [-o experiments/mlb_youtube]

``--choose`` tries settings by five-fold cross-validation inside the training part of each split (single
clips on the official split, whole videos on the other) and prints what it found; the choice stands below.
The test part is looked at once, by the models of the table.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
from pathlib import Path

import numpy as np

from matchcut.datasets.mlb_youtube import (
    ACTIONS,
    FINE_CLASSES,
    PAPER_CLASSES,
    WordWindow,
    align,
    clean,
    multi_hot,
    official_split,
    read_mlb_youtube,
    video_split,
)
from matchcut.export.confusion import write_confusion
from matchcut.metrics.bootstrap import bootstrap
from matchcut.metrics.classification import classification_of_scores, confusion_counts, f1_of_counts
from matchcut.metrics.multilabel import multilabel_map
from matchcut.training.caption_words import BAG_OF_WORDS, WordSettings, action_scores, fit_words, paper_scores

GRID = [
    WordSettings(window=WordWindow(10.0, 20.0, lag, scale), pairs=pairs, strength=0.15)
    for lag, scale, pairs in itertools.product((0.0, 2.0), (6.0, 10.0), (False, True))
]
CHOSEN = {  # by --choose: the best of the grid inside each split's own training part
    "official": WordSettings(window=WordWindow(10.0, 20.0, 0.0, 6.0)),
    "video": WordSettings(window=WordWindow(10.0, 20.0, 2.0, 10.0)),
}


def fold_of(clip, by_video: bool) -> int:
    name = clip.video if by_video else clip.name
    return hashlib.sha256(name.encode()).digest()[0] % 5


def choose(clips, captions, by_video: bool) -> None:
    truth = np.array([clip.paper_class for clip in clips])
    folds = np.array([fold_of(clip, by_video) for clip in clips])
    for settings in GRID:
        right = 0
        for fold in range(5):
            held = [c for c, f in zip(clips, folds, strict=True) if f == fold]
            rest = [c for c, f in zip(clips, folds, strict=True) if f != fold]
            if not held:
                continue
            model = fit_words(rest, [c.fine_class for c in rest], captions, FINE_CLASSES, settings)
            said = np.array(PAPER_CLASSES)[paper_scores(model.predict(held, captions)).argmax(1)]
            right += int((said == truth[folds == fold]).sum())
        w = settings.window
        print(
            f"  lag {w.lag_s:g} s, scale {w.scale_s:g} s, pairs {settings.pairs}: {right / len(clips):.4f}",
            flush=True,
        )


def models(train, test, captions, settings):
    """Name → (paper scores, action scores or None) on the test clips."""
    shares = np.array([np.mean([c.fine_class == name for c in train]) for name in FINE_CLASSES])
    prior = np.tile(shares, (len(test), 1))
    yield "majority", paper_scores(prior), action_scores(prior)
    bag = fit_words(train, [c.paper_class for c in train], captions["raw"], PAPER_CLASSES, BAG_OF_WORDS)
    yield "bag of words", bag.predict(test, captions["raw"]), None
    fine = fit_words(train, [c.fine_class for c in train], captions["clean"], FINE_CLASSES, settings)
    scores = fine.predict(test, captions["clean"])
    yield "weighted words", paper_scores(scores), action_scores(scores)
    for name in FINE_CLASSES[:5]:
        print(f"  {name}: {', '.join(word for word, _ in fine.strongest(name, 9))}")


def signed(found) -> str:
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def rows(split, data, captions, folder: Path):
    train = [*split.clips(data.clips, "train"), *split.clips(data.clips, "valid")]
    test = list(split.clips(data.clips, "test"))
    truth = [clip.paper_class for clip in test]
    number = np.array([PAPER_CLASSES.index(label) for label in truth])
    heard = np.array([align(c, captions["clean"].get(c.video, ()), (0.0,)).kind == "speech" for c in test])
    videos = [clip.video for clip in test]
    base = bag = None
    for name, scores, actions in models(train, test, captions, CHOSEN[split.name]):
        figures = classification_of_scores(truth, scores, PAPER_CLASSES)
        said = scores.argmax(1)
        right = (said == number).astype(float)
        base = right if base is None else base
        bag = right if name == "bag of words" else bag

        def above(other, groups=None, right=right):
            """The gain in accuracy on another model: the same clips, or whole videos, are drawn for both."""
            return signed(bootstrap(lambda drawn: (right - other)[drawn].mean(), len(test), groups))

        def f1(drawn, said=said):
            return f1_of_counts(confusion_counts(number[drawn], said[drawn], 6), weighted=True)

        clips = bootstrap(lambda drawn, right=right: right[drawn].mean(), len(test))
        games = bootstrap(lambda drawn, right=right: right[drawn].mean(), len(test), videos)
        ranked = (
            multilabel_map(multi_hot(c.labels for c in test), actions, ACTIONS) if actions is not None else None
        )
        yield {
            "split": split.name,
            "model": name,
            "test_clips": len(test),
            "accuracy": f"{figures.accuracy:.4f}",
            "accuracy_95_by_clip": f"{clips.low:.3f}-{clips.high:.3f}",
            "accuracy_95_by_video": f"{games.low:.3f}-{games.high:.3f}",
            "above_majority_95_by_clip": above(base),
            "above_majority_95_by_video": above(base, videos),
            "above_bag_95_by_clip": above(bag) if bag is not None else "",
            "above_bag_95_by_video": above(bag, videos) if bag is not None else "",
            "accuracy_with_english_words": f"{right[heard].mean():.4f}",
            "clips_with_english_words": int(heard.sum()),
            "f1_weighted": str(bootstrap(f1, len(test), rounds=300)),
            "f1_macro": f"{figures.f1_macro:.4f}",
            "top_2": f"{figures.top_k[2]:.4f}",
            "ece": f"{figures.calibration.ece:.4f}",
            "multilabel_map_all": f"{ranked.map_all:.4f}" if ranked else "",
        }
        if name != "majority":
            picture = folder / f"captions-{split.name}-{name.replace(' ', '-')}.svg"
            write_confusion(picture, PAPER_CLASSES, figures.confusion, f"{name}, {split.name} split")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    data = read_mlb_youtube(asked.data)
    captions = {
        "raw": {v: clean(said, cut=False) for v, said in data.captions.items()},
        "clean": {v: clean(said) for v, said in data.captions.items()},
    }
    splits = [official_split(data), video_split(data)]
    if asked.choose:
        for split in splits:
            kept = [c for c in data.clips if split.part_of[c.name] != "test"]
            print(f"{split.name}: {len(kept)} clips")
            choose(kept, captions["clean"], split.name == "video")
        return
    table = [row for split in splits for row in rows(split, data, captions, asked.output)]
    with (asked.output / "captions.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
