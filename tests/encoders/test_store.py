"""Features are made once, and never trusted when they are damaged or another encoder's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matchcut.encoders.pictures import grid, read_pictures
from matchcut.encoders.reading import pieces
from matchcut.encoders.simple import hashed_words, pixel_encoder
from matchcut.encoders.spans import Span, encode_spans, encode_texts, keep_pictures
from matchcut.encoders.store import KINDS, FeatureKey, FeatureStore, packed, read_features, unpacked
from matchcut.errors import InputError, SettingsError

KEY = FeatureKey("clip:1", "content", 1.0, 3.0, 2.0)
VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def clip(path: Path, shade: int, seconds: int = 1) -> Path:
    count = 10 * seconds
    images = [
        Image.new("RGB", (32, 32), (shade, 7 * number % 256, 90 + number // 40)) for number in range(count)
    ]
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, loop=0)
    return path


def test_what_is_put_is_got(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    assert store.get(KEY) is None
    path = store.put(KEY, VALUES, name="CLIP")
    track = store.get(KEY)
    assert track is not None
    assert np.array_equal(track.vectors, VALUES)
    assert (track.rate, track.start, track.encoder) == (2.0, 1.0, "clip:1")
    assert np.array_equal(read_features(path, "clip:1").vectors, VALUES)


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("shape", [(4, 3), (0, 5), (2, 2, 2), (7,)])
def test_files_are_safetensors(kind: str, shape: tuple[int, ...]) -> None:
    theirs = pytest.importorskip("safetensors.numpy", reason="needs the extra 'clip'")
    values = (np.random.default_rng(0).random(shape) * 200).astype(kind)
    notes = {"matchcut": '{"é": 1}'}
    data = packed(values, notes)
    assert np.array_equal(theirs.load(data)["values"], values)
    for whole in (data, theirs.save({"values": values}, notes)):
        found, told = unpacked(whole)
        assert (found.dtype, told) == (values.dtype, notes)
        assert np.array_equal(found, values)


def test_another_encoders_file_is_refused(tmp_path: Path) -> None:
    path = FeatureStore(tmp_path).put(KEY, VALUES, name="CLIP")
    with pytest.raises(InputError, match=r"made by the encoder clip:1 \(CLIP\), not by clip:2"):
        read_features(path, "clip:2")


@pytest.mark.parametrize("left", [0, 5, 60, -1])
def test_a_half_written_file_is_made_anew(tmp_path: Path, left: int) -> None:
    store = FeatureStore(tmp_path)
    path = store.put(KEY, VALUES)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(InputError, match="half-written or no feature file"):
        read_features(path)
    assert store.get(KEY) is None
    store.put(KEY, VALUES)
    assert store.has(KEY)


def test_a_changed_file_is_not_trusted(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    path = store.put(KEY, VALUES)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert store.get(KEY) is None
    with pytest.raises(InputError, match="damaged"):
        read_features(path)
    # A whole file in the wrong place, too.
    other = FeatureKey("clip:2", "content", 1.0, 3.0, 2.0)
    store.path(other).parent.mkdir(parents=True, exist_ok=True)
    store.put(KEY, VALUES)
    store.path(KEY).rename(store.path(other))
    assert store.get(other) is None


def test_spans_are_encoded_once_and_bad_ones_listed(tmp_path: Path) -> None:
    store, encoder = FeatureStore(tmp_path / "store"), pixel_encoder(4, batch=8)
    good = [Span(clip(tmp_path / f"{n}.gif", 60 * n)) for n in range(3)]
    (tmp_path / "bad.gif").write_bytes(b"GIF89a nothing")
    spans = [
        good[0],
        Span(tmp_path / "bad.gif"),
        Span(tmp_path / "gone.gif"),
        Span(good[1].path, 50, 52),
        *good[1:],
    ]
    told: list[float] = []
    done = encode_spans(spans, encoder, store, 4.0, lambda now, whole: told.append(now / whole))
    assert (done.made, done.kept, done.frames) == (3, 0, 12)
    assert [span.path.name for span, _ in done.failed] == ["bad.gif", "gone.gif", "1.gif"] or len(
        done.failed
    ) == 3
    assert told[-1] == 1
    assert set(done.keys) == set(good)
    assert all(span not in done.keys for span, _ in done.failed)
    again = encode_spans(good, encoder, store, 4.0)
    assert (again.made, again.kept) == (0, 3)
    # The content counts, not the name.
    copy = tmp_path / "copy.gif"
    copy.write_bytes(good[0].path.read_bytes())
    assert encode_spans([Span(copy)], encoder, store, 4.0).kept == 1
    assert encode_spans(good[:1], encoder, store, 2.0).made == 1
    with pytest.raises(SettingsError):
        encode_spans(good, encoder, store, 0.0)


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    store, encoder = FeatureStore(tmp_path / "store"), pixel_encoder(4, batch=2)
    spans = [Span(clip(tmp_path / f"{n}.gif", 40 * n)) for n in range(5)]

    def stop(done: float, total: float) -> None:
        if done >= 12:  # pictures, four a clip
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_spans(spans, encoder, store, 4.0, stop)
    done = encode_spans(spans, encoder, store, 4.0)
    assert done.made + done.kept == 5
    assert done.kept >= 3


def test_pictures_and_texts_are_kept_too(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "store")
    span = Span(clip(tmp_path / "a.gif", 100))
    how = pixel_encoder(4).pictures
    done = keep_pictures([span], how, store, 4.0)
    kept = store.array(done.keys[span])
    assert kept is not None
    assert kept.shape == (4, 4, 4, 3)
    assert kept.dtype == np.uint8
    with pytest.raises(InputError, match="pictures, not features"):
        read_features(store.path(done.keys[span])) if kept.ndim == 4 else None
    words = hashed_words(16, longest=3)
    first = encode_texts(["ball one outside corner", "", "strike"], words, store)
    assert [len(first[text]) for text in ("ball one outside corner", "", "strike")] == [2, 0, 1]
    second = encode_texts(["strike"], words, store)
    assert np.array_equal(first["strike"], second["strike"])


def test_long_spans_are_read_in_pieces_and_stored_whole(tmp_path: Path) -> None:
    film = clip(tmp_path / "long.gif", 30, seconds=40)
    encoder = pixel_encoder(4, batch=8)
    span = Span(film, 0.0, 40.0)
    key = FeatureKey(encoder.identity, "x", 0.0, 40.0, 4.0)
    parts = list(pieces(span, key))
    assert len(parts) == 3
    assert [time for piece in parts for time in piece.times] == grid(0.0, 40.0, 4.0)
    assert all(len(piece.times) <= 64 and piece.whole == 160 for piece in parts)
    whole = encoder.encode(read_pictures(film, grid(0.0, 40.0, 4.0), encoder.pictures))
    for number, device in enumerate(("cpu", "cuda")):  # in turn with the network, and while it works
        store = FeatureStore(tmp_path / str(number))
        done = encode_spans([span, Span(film, 2.0, 4.0)], replace(encoder, device=device), store, 4.0)
        assert (done.made, done.frames) == (2, 168)
        assert np.array_equal(store.array(done.keys[span]), whole)


def test_a_span_that_breaks_off_is_listed_once(tmp_path: Path) -> None:
    film = clip(tmp_path / "short.gif", 30, seconds=20)
    store, encoder = FeatureStore(tmp_path / "store"), pixel_encoder(4)
    long, good = Span(film, 0.0, 200.0), Span(film, 1.0, 3.0)
    told: list[float] = []
    done = encode_spans([long, good], encoder, store, 4.0, lambda now, whole: told.append(now / whole))
    assert [span for span, _ in done.failed] == [long]
    assert "ends at" in done.failed[0][1]
    assert set(done.keys) == {good}
    assert (done.made, told[-1]) == (1, 1)
    assert told == sorted(told)
