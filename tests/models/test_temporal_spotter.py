"""Temporal spotters' networks: NetVLAD by its formula, padding that never matters, missing modalities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from matchcut.errors import SettingsError  # noqa: E402
from matchcut.models.settings import from_json, to_json  # noqa: E402
from matchcut.models.temporal_pool import PastAndFuture, SlidingVlad  # noqa: E402
from matchcut.models.temporal_settings import CLOCK, TRUNK_NAMES, SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet, Stretches  # noqa: E402
from matchcut.models.temporal_trunks import TRUNKS  # noqa: E402

torch.set_num_threads(1)

SMALL = SpotterNetSettings(
    modalities=("video", "words"),
    widths=(5, 3),
    width=8,
    layers=2,
    window_s=6.0,
    radii_s=(1.0, 4.0),
    outputs=4,
)
WAYS = [(trunk, fusion) for trunk in TRUNK_NAMES for fusion in ("early", "late")]


def vlad_by_formula(net: SlidingVlad, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """NetVLAD cell by cell, cluster by cluster (arXiv 1511.07247, equation 4, and the two normalisations)."""
    weight, bias = (p.detach().double().numpy() for p in (net.assign.weight, net.assign.bias))
    centres = net.centres.detach().double().numpy()
    clusters, width = weight.shape
    out = np.zeros((len(x), clusters * width))
    for t in range(len(x)):
        found = np.zeros((clusters, width))
        for k in range(clusters):
            for i in range(t - net.before, t + net.after + 1):
                if 0 <= i < len(x) and mask[i]:
                    powers = [math.exp(float(weight[j] @ x[i] + bias[j])) for j in range(clusters)]
                    found[k] += powers[k] / sum(powers) * (x[i] - centres[k])
            length = math.sqrt(float(found[k] @ found[k]))
            found[k] /= max(length, 1e-12)
        flat = found.reshape(-1)
        out[t] = flat / max(math.sqrt(float(flat @ flat)), 1e-12)
    return out


@pytest.mark.parametrize(("before", "after"), [(3, 2), (4, -1), (0, 3), (-1, 4), (0, 0)])
def test_vlad_is_the_papers_formula(before: int, after: int) -> None:
    torch.manual_seed(before * 10 + after)
    net = SlidingVlad(4, 3, before, after)
    x = torch.randn(2, 11, 4)
    mask = torch.ones(2, 11, dtype=torch.bool)
    mask[1, 7:] = False
    mask[0, :2] = False
    found = net(x, mask).detach().numpy()
    for place in range(2):
        wanted = vlad_by_formula(net, x[place].double().numpy(), mask[place].numpy())
        assert np.abs(found[place] - wanted).max() < 1e-6


def test_past_and_future_have_vocabularies_of_their_own() -> None:
    torch.manual_seed(0)
    net = PastAndFuture(4, 0.0, 6, 8).eval()
    x, mask = torch.randn(1, 20, 4), torch.ones(1, 20, dtype=torch.bool)
    later = x.clone()
    later[:, 10:] = torch.randn(1, 10, 4)
    # What comes before cell 10 is the same: so is what the past's half says there, not the future's.
    assert torch.allclose(net.past(x, mask)[0, 10], net.past(later, mask)[0, 10])
    assert not torch.allclose(net.future(x, mask)[0, 10], net.future(later, mask)[0, 10])
    assert not torch.equal(net.past.centres, net.future.centres)


def batch(rows: int = 14, given: SpotterNetSettings = SMALL, seed: int = 1) -> Stretches:
    made = torch.Generator().manual_seed(seed)
    features = tuple(torch.randn(2, rows, width, generator=made) for width in given.widths)
    there = tuple(torch.rand(2, rows, generator=made) > 0.2 for _ in given.widths)
    inside = torch.ones(2, rows, dtype=torch.bool)
    return Stretches(features, there, torch.randn(2, rows, CLOCK, generator=made), inside)


def padded(given: Stretches, front: int, back: int, rubbish: float) -> Stretches:
    def wider(x: torch.Tensor, value: float) -> torch.Tensor:
        rows = list(x.shape)
        parts = []
        for count in (front, back):
            rows[1] = count
            parts.append(torch.full(rows, value).to(x.dtype))
        return torch.cat([parts[0], x, parts[1]], 1)

    return Stretches(
        tuple(wider(x, rubbish) for x in given.features),
        tuple(wider(x, 1.0) for x in given.there),
        wider(given.clock, rubbish),
        wider(given.inside, 0.0),
    )


@pytest.mark.parametrize(("trunk", "fusion"), WAYS)
def test_padding_never_matters(trunk: str, fusion: str) -> None:
    torch.manual_seed(0)
    net = SpotterNet(replace(SMALL, trunk=trunk, fusion=fusion, context=True, shift_s=3.0)).eval()
    given = batch()
    plain = net(given)
    for front, back in ((0, 5), (4, 0), (3, 6)):
        for rubbish in (0.0, 1e6, math.nan):
            found = net(padded(given, front, back, rubbish))
            for one, other in zip(plain, found, strict=True):
                assert torch.allclose(one, other[:, front : front + one.shape[1]], atol=1e-5)


@pytest.mark.parametrize(("trunk", "fusion"), WAYS)
def test_what_is_missing_is_not_looked_at(trunk: str, fusion: str) -> None:
    torch.manual_seed(0)
    net = SpotterNet(replace(SMALL, trunk=trunk, fusion=fusion)).eval()
    given = batch()
    broken = tuple(
        torch.where(there.unsqueeze(-1), x, torch.tensor(math.nan))
        for x, there in zip(given.features, given.there, strict=True)
    )
    assert torch.allclose(net(given).near, net(given._replace(features=broken)).near, atol=1e-6)
    gone = given._replace(there=(given.there[0] & False, given.there[1]))
    assert not torch.allclose(net(given).near, net(gone).near, atol=1e-3)
    nothing = given._replace(there=tuple(part & False for part in given.there))
    assert torch.isfinite(net(nothing).near).all()


@pytest.mark.parametrize("trunk", TRUNK_NAMES)
def test_shapes_and_gradients(trunk: str) -> None:
    how = replace(SMALL, trunk=trunk, fusion="late", context=True, shift_s=3.0)
    net = SpotterNet(how).train()
    said = net(batch())
    assert said.near.shape == (2, 14, 2, 4)
    assert said.segments is not None
    assert said.segments.shape == (2, 14, 4)
    assert said.shift is not None
    assert said.shift.abs().max() <= 3.0
    (said.near.sum() + said.segments.sum() + said.shift.sum()).backward()
    stand_ins = {name for name, p in net.named_parameters() if p.grad is None}
    assert not stand_ins, stand_ins


def test_modality_dropout_always_leaves_one() -> None:
    how = replace(SMALL, modality_dropout=0.95)
    net = SpotterNet(how)
    there = (torch.ones(400, 3, dtype=torch.bool), torch.ones(400, 3, dtype=torch.bool))
    torch.manual_seed(0)
    kept = torch.stack(net._kept(there)).any(2)
    assert kept.any(0).all()
    assert 60 < int((~kept[0]).sum()) < 300
    # A stretch that has one modality alone keeps it.
    only = (there[0], there[1] & False)
    assert torch.stack(net._kept(only))[0].all()


def test_standardising_takes_away_offset_and_scale() -> None:
    torch.manual_seed(0)
    net = SpotterNet(replace(SMALL, fusion="late")).eval()
    given = batch()
    plain = net(given).near
    mean, deviation = torch.randn(5) * 10, torch.rand(5) + 0.5
    net.standardise("video", mean, deviation)
    moved = given._replace(features=(given.features[0] * deviation + mean, given.features[1]))
    assert torch.allclose(net(moved).near, plain, atol=1e-4)
    net.standardise("video", mean, torch.zeros(5))  # numbers that never vary
    assert torch.isfinite(net(moved).near).all()


def test_the_settings_name_every_trunk() -> None:
    assert tuple(TRUNKS) == TRUNK_NAMES


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"trunk": "lstm"}, "no such trunk"),
        ({"fusion": "middle"}, "no such fusion"),
        ({"widths": (3,)}, "without a width"),
        ({"modalities": ("words", "words")}, "twice"),
        ({"width": 10}, "width leaves over 4"),
        ({"radii_s": ()}, "number of radii"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_settings_are_checked(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        from_json(SpotterNetSettings, to_json(SMALL) | wrong)
