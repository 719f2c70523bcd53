"""Recurrent spotters by onnxruntime say what they say by torch, wherever the padding lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("onnxscript", reason="needs the extra 'train'")

from matchcut.models.temporal_settings import CLOCK, SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet  # noqa: E402
from matchcut.spotters.decoding import LabelDecoding  # noqa: E402
from matchcut.spotters.stretches import Arrays  # noqa: E402
from matchcut.spotters.temporal_runners import load_net, onnx_runner, torch_runner  # noqa: E402
from matchcut.spotters.temporal_settings import TemporalSettings  # noqa: E402
from matchcut.training.spotting.ship import export, save  # noqa: E402

CELLS = 24


Exported = tuple[Path, TemporalSettings]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    given = {"modalities": ("video", "words"), "widths": (5, 3), "width": 8, "layers": 2, "radii_s": (1.0, 4.0)}
    how = SpotterNetSettings(trunk="gru", fusion="late", outputs=3, context=True, shift_s=2.0, **given)
    torch.manual_seed(0)
    net = SpotterNet(how)
    with torch.no_grad():
        for weight in net.parameters():  # gates far from their middles, so that an exchange would show
            weight.add_(torch.randn_like(weight) * 0.5)
    labels, decoding = ("a", "b", "c"), LabelDecoding(smooth_s=1.0, apart_s=5.0)
    settings = TemporalSettings(
        (how,), labels, labels, (0.5, 0.5), dict.fromkeys(labels, decoding), {}, chunk_s=CELLS, margin_s=4.0
    )
    place = tmp_path_factory.mktemp("spotter")
    save([net], settings, place, {}, {})
    weights = (place / "weights-0.safetensors").read_bytes()
    assert export(place) == [place / "network-0.onnx"]
    assert (place / "weights-0.safetensors").read_bytes() == weights
    return place, settings


def batch(kind: str, rows: int) -> Arrays:
    """Stretches whose cells are all of the recording, or padded in every way that there is."""
    made = np.random.default_rng(rows)
    features = tuple(made.standard_normal((rows, CELLS, n)).astype(np.float32) for n in (5, 3))
    there = tuple(made.random((rows, CELLS)) > 0.3 for _ in features)
    inside = np.ones((rows, CELLS), bool)
    if kind == "padded":
        inside[0, :5], inside[0, 17:] = False, False
        inside[1] = False
        inside[2] = made.random(CELLS) > 0.5
        there[0][2], there[1][2] = False, False
        inside[3, :-1] = False
        inside[4, 1:] = False
    return Arrays(features, there, made.standard_normal((rows, CELLS, CLOCK)).astype(np.float32), inside)


def test_a_recurrent_spotter_by_onnx_says_the_same(exported: Exported) -> None:
    folder, settings = exported
    plain = torch_runner(load_net(folder, settings, 0))
    fast = onnx_runner(folder / "network-0.onnx", settings)
    for kind, rows in (("whole", 1), ("whole", 3), ("padded", 6)):
        given = batch(kind, rows)
        for wanted, found in zip(plain(given), fast(given), strict=True):
            assert wanted is not None
            assert found is not None
            assert np.isfinite(found).all()
            assert np.ptp(wanted[given.inside]) > 0.3
            assert np.abs(found - wanted)[given.inside].max() < 1e-5


def test_padding_holds_nothing_by_onnx(exported: Exported) -> None:
    folder, settings = exported
    run = onnx_runner(folder / "network-0.onnx", settings)
    given = batch("padded", 6)
    plain, _ = run(given)
    for part in (*given.features, given.clock):
        part[~given.inside] = np.nan
    other, _ = run(given)
    assert np.array_equal(plain[given.inside], other[given.inside])
