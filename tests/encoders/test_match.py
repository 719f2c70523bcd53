"""A whole match as features: which frames, what is kept, what a stopped run goes on with."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchcut.encoders import match as encoding
from matchcut.encoders.features import (
    FrameFeatures,
    features_path,
    kept_features,
    load_features,
    read_frames_features,
    save_features,
)
from matchcut.encoders.match import PARTS, Sampling, encode_match, sampled
from matchcut.encoders.simple import pixel_encoder
from matchcut.encoders.vision import VisionEncoder
from matchcut.errors import InputError, SettingsError, ValidationError
from matchcut.observe.shots import Shot, ShotTrack

LENGTH = 24.0


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six shots of four seconds, each of one grey; ten frames a second."""
    path = tmp_path_factory.mktemp("video") / "shots.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(int(LENGTH * 10)):
            grey = 30 + 35 * (number // 40)
            picture = np.full((48, 64, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def shots(*lengths: float) -> ShotTrack:
    edges = np.cumsum([0.0, *lengths])
    return ShotTrack(tuple(Shot(float(a), float(b), "long", 1.0, 1.0) for a, b in pairwise(edges)), ())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.1, 40.0), max_size=12),
    st.floats(0.1, 10.0),
    st.floats(0.0, 1.0),
)
@example([1.0625, 1.0], 1.0, 0.0)
def test_moments_ascend_lie_in_their_shots_and_leave_no_gap(
    lengths: list[float], every: float, after: float
) -> None:
    how = Sampling(after_cut_s=after, every_s=every, apart_s=0.1)
    film = shots(*lengths)
    duration = sum(lengths) if lengths else 12.0
    times = sampled(duration, film, how)
    assert all(b - a >= 0.1 - 0.002 for a, b in pairwise(times))
    assert all(0 <= time <= duration for time in times)
    for shot in film.shots:
        inside = [time for time in times if shot.start - 1e-6 <= time < shot.end]
        assert inside or shot.duration < 0.21
        assert all(b - a <= every + 0.003 for a, b in pairwise(inside))
    if not lengths:
        assert times == pytest.approx(np.arange(len(times)) * every, abs=1e-3)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(SettingsError, match="out of its range"):
        Sampling(every_s=0)


class Counting:
    """A pixel encoder that counts, and that may be stopped after some pieces."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.inner, self.stop_after = pixel_encoder(4), stop_after
        self.frames = self.calls = self.most = 0
        self.encoder: VisionEncoder = replace(self.inner, network=self.network)

    def network(self, pixels: np.ndarray) -> np.ndarray:
        if self.stop_after is not None and self.calls >= self.stop_after:
            raise KeyboardInterrupt
        self.calls += 1
        self.frames += len(pixels)
        self.most = max(self.most, len(pixels))
        return self.inner.network(pixels)


def test_features_are_those_of_the_frames_and_are_kept(video: Path, tmp_path: Path) -> None:
    times = sampled(LENGTH, shots(*[4.0] * 6))
    counting, told = Counting(), []
    made = encode_match(
        video, times, counting.encoder, content="c", weights="w" * 20, duration=LENGTH, folder=tmp_path,
        progress=lambda done, whole: told.append((done, whole)),
    )  # fmt: skip
    assert list(made.times) == times
    assert counting.frames == len(times) == 12
    brightness = made.vectors.mean(axis=1)
    assert [round(float(v), 1) for v in np.diff(brightness[::2])] == [pytest.approx(0.55, abs=0.1)] * 5
    assert np.allclose(brightness[::2], brightness[1::2], atol=0.05), "two frames of one shot"
    assert told[-1] == (12, 12)
    assert not (tmp_path / PARTS).exists()
    again = Counting(stop_after=0)
    kept = encode_match(
        video, times, again.encoder, content="c", weights="w" * 20, duration=LENGTH, folder=tmp_path
    )
    assert np.array_equal(kept.vectors, made.vectors)
    assert again.frames == 0
    grid = made.on_grid(2.0)
    assert len(grid) == 48
    assert np.array_equal(grid.vectors[0], made.vectors[0])
    assert np.array_equal(grid.vectors[-1], made.vectors[-1])


def test_a_run_that_is_stopped_goes_on_with_the_next_piece(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "PIECE", 10)
    times = sampled(LENGTH, None, Sampling(every_s=0.5))
    first = Counting(stop_after=3)
    with pytest.raises(KeyboardInterrupt):
        encode_match(video, times, first.encoder, content="c", folder=tmp_path)
    assert first.frames == 30
    assert not kept_features(tmp_path)
    second, told = Counting(), []
    whole = encode_match(
        video, times, second.encoder, content="c", folder=tmp_path,
        progress=lambda done, whole: told.append(done),
    )  # fmt: skip
    assert second.frames == len(times) - 30
    assert second.most <= 10, "memory does not grow with the match"
    assert told[0] == 30
    for device in ("cpu", "cuda"):  # taking turns, and decoding beside the network
        bare = encode_match(video, times, replace(Counting().encoder, device=device), content="c")
        assert np.array_equal(whole.vectors, bare.vectors)


def test_other_content_other_times_or_other_weights_are_encoded_anew(video: Path, tmp_path: Path) -> None:
    times = sampled(LENGTH, None)
    for content, weights, moments in (
        ("c", "one", times),
        ("d", "one", times),
        ("d", "two", times),
        ("d", "two", times[1:]),
    ):
        counting = Counting()
        encode_match(video, moments, counting.encoder, content=content, weights=weights, folder=tmp_path)
        assert counting.frames == len(moments)
    assert len(kept_features(tmp_path)) == 2


def test_a_recording_that_ends_early_gives_what_there_is(video: Path, tmp_path: Path) -> None:
    times = sampled(400.0, None, Sampling(every_s=1.0))
    made = encode_match(video, times, Counting().encoder, content="c", folder=tmp_path)
    assert 24 <= len(made) <= encoding.PIECE
    again = Counting()
    encode_match(video, times, again.encoder, content="c", folder=tmp_path)
    assert again.frames == 0
    with pytest.raises(SettingsError, match="no moments"):
        encode_match(video, [], Counting().encoder, content="c")


def test_damaged_and_strange_files_count_as_not_there(tmp_path: Path) -> None:
    good = FrameFeatures(
        np.array([1.0, 2.0]), np.ones((2, 3), np.float32), np.array([1.0, 2.0]), "e", "w", "n", "c", 5.0
    )
    path = save_features(features_path(tmp_path, "w"), good)
    found = load_features(path, "w", "c")
    assert found is not None
    assert np.array_equal(found.vectors, good.vectors)
    assert (found.name, found.duration, found.content) == ("n", 5.0, "c")
    assert load_features(path, "other", "c") is None
    assert load_features(path, "w", "other") is None
    path.write_bytes(path.read_bytes()[:-3])
    assert load_features(path, "w", "c") is None
    with pytest.raises(InputError, match="half-written"):
        read_frames_features(path)
    assert load_features(tmp_path / "none", "w", "c") is None
    for values in (
        {"times": np.array([2.0, 1.0])},
        {"vectors": np.full((2, 3), np.nan)},
        {"times": np.ones(3)},
    ):
        with pytest.raises(ValidationError):
            replace(good, **values)
