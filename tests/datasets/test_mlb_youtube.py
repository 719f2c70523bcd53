"""MLB-YouTube's files read, mended, split and matched with captions."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.datasets.mlb_youtube import (
    ACTIONS,
    FINE_CLASSES,
    PAPER_CLASSES,
    PARTS,
    Caption,
    Clip,
    MlbYouTube,
    WordWindow,
    align,
    clean,
    clip_table,
    find_sources,
    leak,
    multi_hot,
    official_split,
    paper_class,
    read_mlb_youtube,
    video_split,
    weighted_words,
)
from matchcut.datasets.mlb_youtube.labels import FINE_ACTIONS, LABEL_SETS, fine_class
from matchcut.datasets.mlb_youtube.language import guess_language
from matchcut.datasets.mlb_youtube.outcomes import finest_class, outcome_of_words, play_outcome
from matchcut.datasets.mlb_youtube.words import trailing_words
from matchcut.errors import InputError, LabelError, SettingsError, ValidationError
from matchcut.transcript import Transcript, Utterance

REAL = Path(__file__).parents[3] / "shared" / "data" / "mlb-youtube"
FEW = settings(max_examples=40, deadline=None)
CLIP = {
    "subset": "training",
    "start": 10.5,
    "end": 17.5,
    "url": "https://www.youtube.com/watch?v=abc",
    "labels": ["swing", "strike"],
    "type": "slider",
    "speed": 85.9,
}


def write(folder: Path, **manifests: object) -> Path:
    for name, value in manifests.items():
        (folder / f"mlb-youtube-{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def test_everything_is_read_on_the_videos_time(tmp_path: Path) -> None:
    night = CLIP | {"start": -75418.5, "end": -75411.5, "labels": ["ball"], "subset": "testing"}
    del night["type"], night["speed"]
    stretch = {
        "url": CLIP["url"], "start": 100.0, "end": 160.0, "subset": "testing",
        "annotations": [{"segment": [4.5, 6.0], "label": "ball"}],
    }  # fmt: skip
    write(
        tmp_path,
        segmented={"A": CLIP, "B": night},
        negative={"N": {"ytid": "abc", "interval": [30, 35]}},
        continuous={"S": stretch},
        captions={"abc": [{"start": 0, "end": 30, "caption": "swing and a miss "}], "def": []},
    )
    data = read_mlb_youtube(tmp_path)
    assert data.clips[0] == Clip("A", "abc", 10.5, 17.5, ("swing", "strike"), "training", "slider", 85.9)
    assert (data.clips[1].start, data.clips[1].pitch, data.clips[1].speed) == (10981.5, None, None)
    assert data.negatives == (Clip("N", "abc", 30.0, 35.0),)
    assert data.negatives[0].paper_class == "none"
    assert data.stretches[0].actions[0].start == 104.5
    assert data.captions["abc"][0].text == "swing and a miss"
    assert [note.split(": ")[1][:9] for note in data.notes] == ["1 entries", "1 of 2 vi"]
    assert data.videos == ("abc",)


def test_other_manifests_may_be_missing(tmp_path: Path) -> None:
    data = read_mlb_youtube(write(tmp_path, segmented={"A": CLIP}))
    assert (len(data.clips), len(data.notes)) == (1, 3)


@pytest.mark.parametrize(
    ("manifest", "error", "message"),
    [
        ([], InputError, "expected an object of segmented clips, found list"),
        ({}, InputError, "an empty object"),
        ({"A": [1]}, InputError, "the entry must be an object"),
        ({"A": {"labels": ["ball"]}}, InputError, "clip A: has no 'start', only labels"),
        ({"A": CLIP | {"start": "10"}}, InputError, "'start' must be a number, not '10'"),
        ({"A": CLIP | {"start": True}}, InputError, "'start' must be a number"),
        ({"A": CLIP | {"end": 9}}, InputError, "0 <= start < end"),
        ({"A": CLIP | {"start": -90000, "end": -89000}}, InputError, "0 <= start < end"),
        ({"A": CLIP | {"labels": ["bal"]}}, LabelError, "no action 'bal'.*Did you mean 'ball'"),
        ({"A": CLIP | {"labels": []}}, LabelError, "has no action"),
        ({"A": CLIP | {"labels": ["ball", "ball"]}}, LabelError, "twice"),
        ({"A": CLIP | {"labels": "ball"}}, InputError, "must be a list"),
        ({"A": CLIP | {"subset": "train"}}, InputError, "'training' or 'testing'"),
        ({"A": CLIP | {"url": "https://example.org/x"}}, InputError, "no video in the address"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(
    tmp_path: Path, manifest: object, error: type[Exception], message: str
) -> None:
    write(tmp_path, segmented=manifest)
    with pytest.raises(error, match=message):
        read_mlb_youtube(tmp_path)


@pytest.mark.parametrize(
    ("name", "manifest", "message"),
    [
        ("negative", {"N": {"ytid": "a", "interval": [1]}}, "two numbers"),
        ("captions", {"a": {"x": 1}}, "must be a list"),
        ("captions", {"a": [{"start": 5, "end": 1, "caption": ""}]}, "start <= end"),
        ("continuous", {"S": CLIP | {"annotations": [{"label": "walk", "segment": [0, 1]}]}}, "'walk'"),
        ("continuous", {"S": CLIP | {"annotations": [3]}}, "objects"),
    ],
)
def test_other_files_of_another_shape_are_refused(
    tmp_path: Path, name: str, manifest: object, message: str
) -> None:
    write(tmp_path, segmented={"A": CLIP}, **{name: manifest})
    with pytest.raises((InputError, LabelError), match=message):
        read_mlb_youtube(tmp_path)


def test_no_folder_and_bad_times_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_mlb_youtube(tmp_path)
    with pytest.raises(ValidationError, match="clip A"):
        Clip("A", "v", float("nan"), 3)


def test_every_label_set_has_one_class_of_each_kind() -> None:
    assert {paper_class(labels) for labels in LABEL_SETS} == set(PAPER_CLASSES)
    assert {fine_class(labels) for labels in LABEL_SETS} == set(FINE_CLASSES)
    assert all(paper_class(labels) == labels[-1] for labels in LABEL_SETS)
    assert all(fine_class(labels) == name for name, labels in FINE_ACTIONS.items())
    hot = multi_hot([("swing", "strike"), ()])
    assert hot.shape == (2, 8)
    assert [ACTIONS[i] for i in np.flatnonzero(hot[0])] == ["strike", "swing"]
    with pytest.raises(LabelError, match="swing"):
        paper_class(("swing",))


# --- captions ---


def said(start: float, text: str) -> Caption:
    return Caption(start, start + 30, text, "speech")


@FEW
@given(st.floats(0, 500), st.lists(st.integers(0, 20), max_size=6, unique=True))
def test_alignment_widens_just_as_far_as_it_must(start: float, windows: list[int]) -> None:
    clip = Clip("A", "v", start, start + 7)
    captions = [said(30.0 * number, "word") for number in sorted(windows)]
    match = align(clip, captions)
    gaps = [max(c.start - clip.end, clip.start - c.end) for c in captions]
    reached = [step for step in (0.0, 5.0, 10.0, 20.0, 30.0, 60.0) if any(gap < step for gap in gaps)]
    assert match.widened_s == (reached[0] if reached else None)
    expected = [c for c, gap in zip(captions, gaps, strict=True) if reached and gap < reached[0]]
    assert list(match.captions) == expected
    assert match.kind == ("speech" if expected else "missing")


def test_masked_search_goes_on_to_a_usable_caption() -> None:
    clip = Clip("A", "v", 65, 72)
    captions = [said(0, "early"), Caption(60, 90, "el la", "foreign")]
    assert align(clip, captions).text == "el la"
    masked = align(clip, captions, usable=frozenset({"speech"}))
    assert (masked.text, masked.widened_s) == ("early", 60.0)
    with pytest.raises(SettingsError, match="rise"):
        align(clip, captions, (5.0, 0.0))


def test_trailing_words_are_cut_and_what_is_left_is_judged() -> None:
    texts = ["he swings at the first pitch and it is a ball", "", "a fly ball to the left and he is out"]
    raw = Transcript(
        [Utterance(30.0 * i, 30.0 * i + 30, f"{t} take it away".strip()) for i, t in enumerate(texts)]
    )
    captions = clean(raw)
    assert [c.text for c in captions] == texts
    assert [c.kind for c in captions] == ["speech", "empty", "speech"]
    assert clean(raw, cut=False)[1].text == "take it away"
    assert trailing_words(["a b", "a b"]) == ()


def test_a_video_in_another_language_is_masked_even_where_a_caption_is_too_short_to_tell() -> None:
    texts = ["y ahora no es lo que dijo", "strike", "el bateador de la serie con los de hoy", "johnson"]
    captions = clean(Transcript([Utterance(30.0 * i, 30.0 * i + 30, t) for i, t in enumerate(texts)]))
    assert {c.kind for c in captions} == {"foreign"}
    english = "and that is a ball low and away from him in the first"
    mixed = clean(Transcript([Utterance(30.0 * i, 30.0 * i + 30, t) for i, t in enumerate([*texts, english])]))
    assert [c.kind for c in mixed][-1] == "speech"


def test_guessing_needs_words() -> None:
    assert guess_language("").is_english is None
    assert guess_language("1 2 3 4 5").words == 0


def test_words_weigh_less_the_farther_they_are() -> None:
    clip = Clip("A", "v", 10, 17)
    captions = [said(0, " ".join(f"w{i}" for i in range(30)))]
    found = weighted_words(clip, captions, WordWindow(5, 5, 0, 4))
    assert [word for word, _ in found] == [f"w{i}" for i in range(5, 22)]
    weights = dict(found)
    assert weights["w16"] == weights["w17"] == max(weights.values())
    assert weights["w5"] == min(weights.values())
    assert weighted_words(clip, [Caption(0, 30, "strike", "foreign")]) == []
    for wrong in ({"scale_s": 0}, {"before_s": -1}, {"lag_s": float("inf")}):
        with pytest.raises(SettingsError):
            WordWindow(**wrong)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("a base hit into left field", "hit"),
        ("fly ball to center and he makes the catch for the out", "out"),
        ("ground ball to short double play", "out"),
        ("nice weather tonight", None),
        ("base hit no caught", None),
    ],
)
def test_hit_or_out_by_words(text: str, outcome: str | None) -> None:
    assert outcome_of_words(text) == outcome


def test_only_balls_in_play_become_hits_and_outs() -> None:
    captions = {"v": (said(0, "swing and a base hit " * 6),)}
    played = Clip("A", "v", 5, 12, ("swing", "strike", "hit", "in play"))
    assert finest_class(played, captions) == "hit"
    assert finest_class(Clip("B", "w", 5, 12, played.labels), captions) == "in play"
    assert play_outcome(Clip("C", "v", 5, 12, ("ball",)), captions["v"]) is None


# --- splits ---


def season(videos: int, clips: int, seed: int = 0) -> MlbYouTube:
    rng = random.Random(seed)
    made = [
        Clip(
            f"{v}-{i}", f"v{v}", 20.0 * i, 20.0 * i + 7, rng.choice(LABEL_SETS[:5]),
            rng.choice(["training"] * 4 + ["testing"]),
        )
        for v in range(videos)
        for i in range(clips)
    ]  # fmt: skip
    negatives = [Clip(f"n{c.name}", c.video, c.end + 1, c.end + 6) for c in made[::3]]
    return MlbYouTube(tuple(made), tuple(negatives))


@settings(max_examples=8, deadline=None)
@given(st.integers(5, 12), st.integers(0, 99))
def test_splits_are_whole_deterministic_and_apart(videos: int, seed: int) -> None:
    data = season(videos, 12, seed)
    shuffled = MlbYouTube(tuple(reversed(data.clips)), data.negatives)
    for make in (official_split, video_split):
        split = make(data)
        assert set(split.part_of) == {c.name for c in (*data.clips, *data.negatives)}
        assert split.part_of == make(shuffled).part_of
        assert sum(len(split.clips(data.clips, part)) for part in PARTS) == len(data.clips)
    official, by_video = official_split(data), video_split(data)
    assert all((official.part_of[c.name] == "test") == (c.subset == "testing") for c in data.clips)
    sides = {c.video: by_video.part_of[c.name] for c in (*data.clips, *data.negatives)}
    assert all(by_video.part_of[c.name] == sides[c.video] for c in (*data.clips, *data.negatives))
    assert set(sides.values()) == set(PARTS)


def test_negatives_go_with_the_nearest_clip() -> None:
    clips = (Clip("A", "v", 0, 7, ("ball",), "testing"), Clip("B", "v", 40, 47, ("ball",), "testing"))
    negatives = (Clip("N", "v", 12, 17), Clip("M", "other", 1, 6))
    part_of = official_split(MlbYouTube(clips, negatives)).part_of
    assert (part_of["N"], part_of["M"]) == ("test", "train")


def test_clips_that_share_time_stay_on_one_side_of_validation() -> None:
    starts = [20.0 * i + late for i in range(60) for late in (0, 3)]
    fixed = tuple(Clip(f"c{start:g}", "v", start, start + 7, ("ball",), "training") for start in starts)
    split = official_split(MlbYouTube(fixed))
    train, valid = split.clips(fixed, "train"), split.clips(fixed, "valid")
    assert valid
    assert leak(valid, train).shared_s == 0


def test_too_few_videos_cannot_be_kept_apart() -> None:
    with pytest.raises(InputError, match="2 videos are too few"):
        video_split(season(2, 5))


def test_table_has_a_row_a_clip(tmp_path: Path) -> None:
    data = season(6, 10)
    table = clip_table(data, tmp_path, negatives=True)
    assert len(table) == len(data.clips) + len(data.negatives)
    first = table.iloc[0]
    assert first["features"] == str(tmp_path / "0-0.safetensors")
    assert first["label"] == data.clips[0].paper_class
    assert table[list(ACTIONS)].sum(axis=1).iloc[0] == len(data.clips[0].labels)
    assert set(table["label"].iloc[len(data.clips) :]) == {"none"}
    assert clip_table(season(2, 3))["by_video"].isna().all()


# --- the real files ---


@pytest.mark.data
def test_the_real_manifests() -> None:
    if not REAL.is_dir():
        pytest.skip("no ../shared/data/mlb-youtube beside the checkout")
    data = read_mlb_youtube(REAL)
    assert (len(data.clips), len(data.negatives), len(data.stretches)) == (5846, 2983, 2128)
    assert {clip.labels for clip in data.clips} == set(LABEL_SETS)
    assert min(clip.start for clip in data.clips) > 0
    test = [clip for clip in data.clips if clip.subset == "testing"]
    assert sum(c.paper_class == "ball" for c in test) / len(test) == pytest.approx(0.3412, abs=1e-4)
    stretches = [[s for s in data.stretches if s.subset == subset] for subset in ("testing", "training")]
    assert leak(*stretches).share == pytest.approx(0.533, abs=1e-3)
    captions = {video: clean(transcript) for video, transcript in data.captions.items()}
    foreign = {video for video, found in captions.items() if any(c.kind == "foreign" for c in found)}
    assert foreign == {"0qAHy8CBkyY", "cmLrSUhYyMw"}
    matches = [align(clip, captions.get(clip.video, ())) for clip in test]
    assert sum(m.widened_s == 0 for m in matches) == 761
    parts = video_split(data).part_of
    assert sorted(Counter(parts[c.name] for c in data.clips).values()) == [865, 1181, 3800]


@pytest.mark.data
@pytest.mark.parametrize("name", ["ball1", "bunt1", "foul2", "hbp1", "hit2", "neg1", "strike2", "swing2"])
def test_the_real_gifs_are_clips_of_their_own(name: str) -> None:
    if not REAL.is_dir():
        pytest.skip("no ../shared/data/mlb-youtube beside the checkout")
    sources = find_sources([Clip(name, "elsewhere", 100.0, 107.0)], REAL / "clips")
    assert not sources.skipped
    frames = list(sources.found[0].frames(width=112))
    times = np.array([frame.time for frame in frames])
    assert times[0] == 0
    assert np.allclose(np.diff(times), 0.04)
    assert 2 < times[-1] < 5
    assert frames[0].image.shape == (63, 112, 3)
    assert frames[0].image.std() > 10
    assert np.abs(frames[0].image.astype(int) - frames[-1].image).mean() > 1
