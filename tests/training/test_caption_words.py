"""Classes from words: the fit is scikit-learn's, and time matters."""

from __future__ import annotations

import numpy as np
import pytest

from matchcut.datasets.mlb_youtube import FINE_CLASSES, Caption, Clip, WordWindow
from matchcut.errors import InputError, SettingsError
from matchcut.training.caption_words import (
    BAG_OF_WORDS,
    WordSettings,
    action_scores,
    fit_words,
    paper_scores,
    word_counts,
)

CLASSES = ("ball", "strike", "bunt")


def game(count: int, seed: int = 0) -> tuple[list[Clip], list[str], dict[str, tuple[Caption, ...]]]:
    """Each caption names the clip's class near its time, and another class far from it."""
    rng = np.random.default_rng(seed)
    clips, labels, captions = [], [], {}
    for number in range(count):
        kind = CLASSES[int(rng.integers(2))]
        words = [str(rng.choice(["and", "the", "so"])) for _ in range(30)]
        words[int(rng.integers(14, 18))] = kind
        words[int(rng.integers(0, 4))] = str(rng.choice(CLASSES[:2]))
        words[int(rng.integers(26, 30))] = str(rng.choice(CLASSES[:2]))
        clips.append(Clip(f"c{number}", f"v{number}", 8, 15, (kind,)))
        labels.append(kind)
        captions[f"v{number}"] = (Caption(0, 30, " ".join(words), "speech"),)
    return clips, labels, captions


def test_the_fit_is_scikit_learns() -> None:
    from sklearn.linear_model import LogisticRegression

    clips, labels, captions = game(80)
    labels = [*labels[:-20], *["bunt"] * 20]
    settings = WordSettings(window=None, pairs=False, min_clips=1, strength=0.5)
    ours = fit_words(clips, labels, captions, CLASSES, settings)
    counts = [word_counts(clip, captions, settings) for clip in clips]
    table = np.array([[found.get(word, 0.0) for word in ours.vocabulary] for found in counts])
    theirs = LogisticRegression(C=0.5, max_iter=1000, tol=1e-6).fit(table, labels)
    order = [list(theirs.classes_).index(name) for name in CLASSES]
    assert np.allclose(ours.predict(clips, captions), theirs.predict_proba(table)[:, order], atol=3e-3)


def test_words_near_in_time_count_more() -> None:
    clips, labels, captions = game(300)
    held, truth, heard = game(200, seed=1)
    right = {}
    for name, settings in (
        ("near", WordSettings(window=WordWindow(10, 20, 0, 4), pairs=False, min_clips=1, strength=1.0)),
        ("bag", BAG_OF_WORDS),
    ):
        model = fit_words(clips, labels, captions, CLASSES, settings)
        said = np.array(CLASSES)[model.predict(held, heard).argmax(1)]
        right[name] = float(np.mean(said == np.array(truth)))
    assert right["near"] > 0.9 > right["bag"] + 0.05
    assert model.strongest("ball", 1)[0][0] == "ball"


def test_a_clip_without_words_gets_the_shares_and_an_empty_class_nothing() -> None:
    clips, labels, captions = game(60)
    silent = [Clip(f"s{i}", "elsewhere", 8, 15, ("strike",)) for i in range(10)]
    model = fit_words([*clips, *silent], [*labels, *["strike"] * 10], captions, CLASSES)
    scores = model.predict([*clips, *silent], captions)
    assert np.allclose(scores.sum(1), 1)
    assert scores[-1].argmax() == 1
    assert scores[-1, 1] > 0.99
    assert (scores.argmax(1) != 2).all()


def test_no_captions_at_all_are_told() -> None:
    clips, labels, _ = game(5)
    with pytest.raises(InputError, match="none of 5 clips"):
        fit_words(clips, labels, {}, CLASSES)
    with pytest.raises(SettingsError, match="strength"):
        WordSettings(strength=0)


def test_fine_scores_become_the_papers_and_the_actions() -> None:
    fine = np.eye(len(FINE_CLASSES))
    assert np.allclose(paper_scores(fine).sum(1), 1)
    assert paper_scores(fine)[1:3, 1].tolist() == [1, 1]
    assert action_scores(fine)[3].sum() == 4
