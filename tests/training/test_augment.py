"""Augmentation: the same from the same seed, epoch and place, and no mirror where direction or text counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import SettingsError
from matchcut.models.settings import from_json, to_json
from matchcut.sport import baseball, soccer
from matchcut.training.frames.augment import (
    NOT_MIRRORED,
    OPERATIONS,
    AheadAugmentation,
    FreshAugmentation,
    ahead,
    ahead_copy,
    augmented,
    fresh,
    fresh_rng,
)


def noise(seed: int, height: int = 20, width: int = 28) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def halves(height: int = 32, width: int = 48) -> np.ndarray:
    """Dark on the left, bright on the right: which way round it is shows."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:, width // 2 :] = 210
    return pixels


def mirrored(pixels: np.ndarray) -> bool:
    middle = pixels.shape[1] // 2
    return bool(pixels[:, :middle].mean() > pixels[:, middle:].mean())


shares = st.floats(0, 1)
hows = st.builds(
    FreshAugmentation,
    rate=shares,
    resize=st.floats(0, 0.5),
    crop=st.floats(0, 0.9),
    rotate_deg=st.floats(0, 45),
    flip=shares,
    colour=st.floats(0, 0.9),
)


@given(
    hows, st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31), st.sampled_from(["Corner", "Throw-in"])
)
@settings(max_examples=120, deadline=None)
def test_an_image_keeps_its_shape_and_stays_as_it_was(
    how: FreshAugmentation, height: int, width: int, seed: int, label: str
) -> None:
    pixels = noise(seed, height, width)
    before = pixels.copy()
    got = fresh(pixels, how, seed, 3, 7, label)
    assert got.shape == pixels.shape
    assert got.dtype == np.uint8
    assert np.array_equal(pixels, before)
    assert np.array_equal(got, fresh(pixels, how, seed, 3, 7, label))
    assert np.array_equal(got, augmented(pixels, how, fresh_rng(seed, 3, 7), label))


def test_each_epoch_and_each_image_is_varied_otherwise() -> None:
    pixels, how = noise(1, 32, 32), FreshAugmentation(rate=1)
    seen = {fresh(pixels, how, s, e, i, "Corner").tobytes() for s in (0, 1) for e in range(5) for i in range(5)}
    assert len(seen) == 50


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_the_rate_is_the_share_of_images_that_are_varied(rate: float) -> None:
    pixels, how = noise(1, 16, 16), FreshAugmentation(rate=rate)
    changed = [not np.array_equal(fresh(pixels, how, 0, 0, i, "Corner"), pixels) for i in range(600)]
    assert np.mean(changed) == pytest.approx(rate, abs=0.06)


def test_nothing_is_done_where_every_setting_is_nought() -> None:
    how = FreshAugmentation(rate=1, resize=0, crop=0, rotate_deg=0, flip=0, colour=0)
    for seed in range(20):
        assert np.array_equal(fresh(noise(seed), how, seed, 0, 0, "Corner"), noise(seed))


def test_a_mirror_alone_is_exact() -> None:
    how = FreshAugmentation(rate=1, resize=0, crop=0, rotate_deg=0, flip=1, colour=0)
    for size in ((20, 28), (21, 27)):
        assert np.array_equal(fresh(noise(2, *size), how, 0, 0, 0, "Corner"), noise(2, *size)[:, ::-1])


@given(hows, st.integers(0, 2**31), st.sampled_from(sorted(NOT_MIRRORED)))
@settings(max_examples=80, deadline=None)
def test_what_carries_direction_or_text_is_never_mirrored(
    how: FreshAugmentation, seed: int, label: str
) -> None:
    assert not how.mirrors(label)
    # So far turned, squeezed and cut that a half may be lost, what is left of it is not the other way round.
    assert not mirrored(fresh(halves(), how, seed, 0, 0, label))


def test_others_are_mirrored_as_often_as_set() -> None:
    how = FreshAugmentation(rate=1, crop=0.1, flip=0.3)
    turned = [mirrored(fresh(halves(), how, 0, 0, i, "Corner")) for i in range(500)]
    assert np.mean(turned) == pytest.approx(0.3, abs=0.06)
    blind = FreshAugmentation(rate=1, crop=0.1, not_mirrored=())
    assert any(mirrored(fresh(halves(), blind, 0, 0, i, "Throw-in")) for i in range(20))
    none = FreshAugmentation(rate=1, crop=0.1, flip=1, not_mirrored=("*",))
    assert not any(mirrored(fresh(halves(), none, 0, 0, i, "Corner")) for i in range(20))


def test_what_a_label_forbids_changes_nothing_else() -> None:
    """Of one image and place, a label that may not be mirrored sees the same variation, the right way round."""
    how = FreshAugmentation(rate=1, flip=1, rotate_deg=0, crop=0, resize=0, colour=0.3)
    one, other = (fresh(noise(3), how, 0, 0, 0, label) for label in ("Corner", "Throw-in"))
    assert np.array_equal(one, other[:, ::-1])


@given(st.floats(0, 45), st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 999), st.booleans())
@settings(max_examples=80, deadline=None)
def test_no_black_corners(angle: float, crop: float, resize: float, seed: int, wide: bool) -> None:
    white = np.full((30, 60, 3) if wide else (40, 24, 3), 255, np.uint8)
    how = FreshAugmentation(rate=1, resize=resize, crop=crop, rotate_deg=angle, colour=0)
    # A pixel at the very edge may be mixed with what lies outside.
    assert fresh(white, how, seed, 0, 0, "Corner")[1:-1, 1:-1].min() == 255


def test_every_label_named_is_one_of_a_sport() -> None:
    assert set(NOT_MIRRORED) <= {*soccer.names, *baseball.names}
    assert all(reason.strip() for reason in NOT_MIRRORED.values())


def test_copies_ahead_are_the_same_in_every_epoch_and_blind() -> None:
    how = AheadAugmentation()
    pixels = halves(40, 40)
    copies = ahead(pixels, how, 3, 11)
    assert len(copies) == how.copies == 5
    assert all(np.array_equal(a, b) for a, b in zip(copies, ahead(pixels, how, 3, 11), strict=True))
    assert all(np.array_equal(ahead_copy(pixels, how, 3, 11, k), copy) for k, copy in enumerate(copies))
    of = dict(zip(("itself", *OPERATIONS), copies, strict=True))
    assert np.array_equal(of["itself"], pixels)
    assert np.array_equal(of["flip"], pixels[:, ::-1])  # whatever it shows
    assert not np.array_equal(of["resize"], pixels)
    assert not mirrored(of["rotate"])
    assert not np.array_equal(ahead_copy(noise(1), how, 3, 0, 3), ahead_copy(noise(1), how, 3, 1, 3))


def test_crop_ahead_shows_a_part() -> None:
    how = AheadAugmentation(operations=("crop",), crop=0.5)
    ramp = np.repeat(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    for index in range(20):
        got = ahead_copy(ramp, how, 0, index, 1).astype(int)
        assert got.max() - got.min() == pytest.approx(127, abs=8)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_copies_ahead_keep_their_shape(height: int, width: int, index: int) -> None:
    pixels = noise(index, height, width)
    assert {copy.shape for copy in ahead(pixels, AheadAugmentation(), 0, index)} == {pixels.shape}


@pytest.mark.parametrize(
    "how",
    [{"rate": 1.5}, {"rate": -1}, {"resize": 0.6}, {"crop": 1}, {"rotate_deg": 90}, {"flip": 2}, {"colour": 1},
     {"rate": float("nan")}, {"not_mirrored": (5,)}],
)  # fmt: skip
def test_fresh_settings_out_of_range(how: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        FreshAugmentation(**how)


@pytest.mark.parametrize(
    "how", [{"operations": ("shear",)}, {"resize": 0}, {"rotate_deg": 200}, {"crop": 0.95}]
)
def test_ahead_settings_out_of_range(how: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        AheadAugmentation(**how)


def test_settings_to_plain_values_and_back() -> None:
    for how in (FreshAugmentation(rate=0.5, not_mirrored=("Goal",)), AheadAugmentation(operations=("flip",))):
        assert from_json(type(how), to_json(how)) == how
