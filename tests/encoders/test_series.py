"""Arrays as they lie on the disk: brought onto a grid as a slow reading does, refused where they are broken."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut import files
from matchcut.encoders.series import Series, of_track, on_grid, read_array, stored_series
from matchcut.encoders.sound import SoundSettings, mel_filters, sound_key, sound_vectors
from matchcut.encoders.store import FeatureKey, FeatureStore
from matchcut.errors import InputError, OutputError, SettingsError
from matchcut.tracks import FeatureTrack


def slow_grid(series: Series, rate: float, first: int, rows: int) -> tuple[list[float], list[bool]]:
    """Cell by cell and row by row, in whole milliseconds, for series one number wide."""
    values, there = [], []
    for cell in range(first, first + rows):
        low, high = cell / rate, (cell + 1) / rate
        begins = [series.start + t / series.rate for t in range(len(series.values))]
        if series.rate > rate:
            held = [t for t, at in enumerate(begins) if low - 1e-9 <= at < high - 1e-9]
        else:
            middle = (low + high) / 2
            held = [t for t, at in enumerate(begins) if at - 1e-9 <= middle < at + 1 / series.rate - 1e-9]
        values.append(float(np.mean(series.values[held])) if held else 0.0)
        there.append(bool(held))
    return values, there


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 30),
    st.sampled_from([0.5, 1.0, 2.0, 4.0, 25.0]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.integers(-6, 20),
    st.integers(1, 25),
    st.sampled_from([0.0, -3.0, 2.5]),
)
def test_the_grid_equals_a_slow_reading(
    length: int, own: float, rate: float, first: int, rows: int, start: float
) -> None:
    values = np.random.default_rng(length).standard_normal((length, 1))
    series = Series(values, own, start)
    found, there = on_grid(series, rate, first, rows)
    wanted, mask = slow_grid(series, rate, first, rows)
    assert there.tolist() == mask
    assert np.allclose(found[:, 0], wanted, atol=1e-5)


def test_soccernets_arrays_are_read_as_they_are(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((40, 7)).astype(np.float32)
    np.save(tmp_path / "1_ResNET_TF2_PCA512.npy", values)
    np.save(tmp_path / "2_baidu_soccer_embeddings.npy", values.astype(np.float16))
    first, second = (read_array(path) for path in sorted(tmp_path.iterdir()))
    assert (first.rate, first.width, first.end) == (2.0, 7, 20.0)
    assert second.rate == 1.0
    assert isinstance(first.values, np.memmap)
    assert (on_grid(first, 2.0, 0, 40)[0] == values).all()
    assert read_array(tmp_path / "1_ResNET_TF2_PCA512.npy", 5.0).end == 8.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros(5, np.float32), r"shape \(T, D\)"),
        (np.zeros((5, 2), np.int32), r"not int32"),
        (np.zeros((0, 2), np.float32), "no row"),
        (np.zeros((5, 0), np.float32), r"shape \(T, D\)"),
    ],
)
def test_arrays_of_another_kind_are_told(values: np.ndarray, said: str, tmp_path: Path) -> None:
    np.save(tmp_path / "1_mine.npy", values)
    with pytest.raises(InputError, match=said):
        read_array(tmp_path / "1_mine.npy", 2.0)


def test_what_is_no_array_is_told(tmp_path: Path) -> None:
    path = tmp_path / "1_mine.npy"
    with pytest.raises(InputError, match="no such file"):
        read_array(path, 2.0)
    np.save(path, np.zeros((90, 4), np.float32))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut off"):
        read_array(path, 2.0)
    np.savez(tmp_path / "1_mine.npz", a=np.zeros(3))
    with pytest.raises(InputError, match="bundle"):
        read_array(tmp_path / "1_mine.npz", 2.0)
    np.save(path, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="no NumPy array"):
        read_array(path, 2.0)


def test_nan_is_told_only_where_it_is_read() -> None:
    values = np.zeros((50, 2), np.float32)
    values[30, 1] = np.inf
    series = Series(values, 2.0, name="mine.npy")
    on_grid(series, 2.0, 0, 30)
    with pytest.raises(InputError, match=r"mine\.npy: row 30 \(second 15\)"):
        on_grid(series, 1.0, 0, 20)


def test_tracks_stand_for_the_time_around_their_middles() -> None:
    one = of_track(FeatureTrack(np.ones((4, 2)), 1.0, "e", 0.5))
    two = of_track(FeatureTrack(np.ones((4, 2)), 2.0, "e"))
    assert (one.start, one.end, two.start, two.end) == (0.0, 4.0, 0.0, 2.0)
    assert one.moved(-9.0).end == -5.0
    assert not on_grid(one.moved(-9.0), 1.0, 0, 3)[1].any()


def test_a_store_makes_features_once_and_again_where_they_are_damaged(tmp_path: Path) -> None:
    store, key, made = FeatureStore(tmp_path), FeatureKey("e", "s", 0.5, 0.0, 1.0), []

    def make() -> np.ndarray:
        made.append(1)
        return np.arange(12, dtype=np.float16).reshape(6, 2)

    for _ in range(2):
        series = stored_series(store, key, make, name="x")
        assert (np.asarray(series.values) == np.arange(12).reshape(6, 2)).all()
        assert (series.start, series.rate) == (0.0, 1.0)
    assert len(made) == 1
    path = store.path(key)
    path.write_bytes(path.read_bytes()[:-3])
    stored_series(store, key, make)
    assert len(made) == 2


def test_a_full_store_is_told_and_keeps_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, held = FeatureStore(tmp_path), FeatureKey("e", "held")
    stored_series(store, held, lambda: np.ones((3, 2), np.float32))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(files.Path, "write_bytes", full)
    with pytest.raises(OutputError, match="disk is full"):
        stored_series(store, FeatureKey("e", "new"), lambda: np.ones((3, 2), np.float32))
    monkeypatch.undo()
    assert not store.has(FeatureKey("e", "new"))
    assert store.has(held)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1


# --- sound ---------------------------------------------------------------------------------------------------


def test_mel_bands_cover_hearing() -> None:
    filters = mel_filters(SoundSettings())
    assert filters.shape == (32, 201)
    peaks = filters.argmax(1)
    assert (np.diff(peaks) >= 0).all()
    assert (filters.sum(1) > 0).all()
    assert np.diff(peaks)[-1] > np.diff(peaks)[0]
    with pytest.raises(SettingsError, match="bands"):
        SoundSettings(bands=1)


def test_sound_tells_tones_and_loudness_apart(tmp_path: Path) -> None:
    path = tmp_path / "tones.wav"
    write_wave(path)
    found = sound_vectors(path).astype(np.float32)
    how = SoundSettings()
    assert found.shape == (12, how.width)
    assert np.isfinite(found).all()
    low, high, quiet = found[1, :32], found[5, :32], found[9, :32]
    assert low.argmax() < high.argmax()
    assert quiet.max() < low.max() - 2
    assert found[4, 64] == pytest.approx(high.mean() - low.mean(), abs=0.02)
    assert abs(found[10, 64]) < 0.02
    assert sound_key("a", how) != sound_key("a", SoundSettings(bands=40))


def write_wave(path: Path) -> None:
    import wave

    seconds = np.arange(32_000) / 16_000
    parts = [
        np.sin(2 * np.pi * hertz * seconds) * loud for hertz, loud in ((300, 0.5), (4000, 0.5), (300, 0.001))
    ]
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(16_000)
        stream.writeframes((np.concatenate(parts) * 32767).astype("<i2").tobytes())
