"""The fusion network: padding, modalities, heads; C3D and VideoMAE beside it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")

from matchcut.errors import SettingsError  # noqa: E402
from matchcut.models.c3d import C3D, C3DSettings  # noqa: E402
from matchcut.models.fusion import Clips, FusionNet, FusionSettings  # noqa: E402
from matchcut.models.settings import from_json, to_json  # noqa: E402
from matchcut.models.temporal import TEMPORAL, masked_mean, sinusoids  # noqa: E402

torch.set_num_threads(1)

SMALL = FusionSettings(10, 7, (16, 12, 8), 2, dense=(12, 10), classes=6, labels=8, pitches=4, speed=True)


def clips(batch: int = 4, frames: int = 6, words: int = 5, seed: int = 0) -> Clips:
    made = torch.Generator().manual_seed(seed)
    lengths, pieces = torch.tensor([6, 3, 1, 4])[:batch], torch.tensor([5, 2, 0, 1])[:batch]
    return Clips(
        torch.randn(batch, frames, 10, generator=made),
        torch.arange(frames)[None] < lengths[:, None],
        torch.randn(batch, words, 7, generator=made),
        torch.arange(words)[None] < pieces[:, None],
        torch.rand(batch, words, generator=made) + 0.1,
    )


def spoilt(given: Clips, value: float) -> Clips:
    """Other things in the padding, more of it, and weights on it."""
    video = torch.nn.functional.pad(
        given.video.masked_fill(~given.video_mask[..., None], value), (0, 0, 0, 3), value=value
    )
    words = torch.nn.functional.pad(
        given.words.masked_fill(~given.words_mask[..., None], value), (0, 0, 0, 2), value=value
    )
    return Clips(
        video,
        torch.nn.functional.pad(given.video_mask, (0, 3)),
        words,
        torch.nn.functional.pad(given.words_mask, (0, 2)),
        torch.nn.functional.pad(given.words_weight.masked_fill(~given.words_mask, 9.0), (0, 2), value=5.0),
    )


@pytest.mark.parametrize("temporal", TEMPORAL)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("value", [1e4, float("inf"), float("nan")])
def test_what_stands_in_the_padding_changes_nothing(temporal: str, training: bool, value: float) -> None:
    torch.manual_seed(0)
    how = FusionSettings(
        **{**to_json(SMALL), "temporal": temporal, "dropout": 0.0, "pyramid": (16, 12, 8), "dense": (12, 10)}
    )
    net = FusionNet(how).train(training)
    given = clips()
    one, other = net(given), net(spoilt(given, value))
    for before, after in zip(one, other, strict=True):
        assert torch.allclose(before, after, atol=1e-5)
    # Gradients do not reach the padding either.
    video = spoilt(given, 3.0).video.requires_grad_()
    said = net(spoilt(given, 3.0)._replace(video=video)).classes.sum()
    said.backward()
    mask = spoilt(given, 3.0).video_mask
    assert video.grad[~mask].abs().max() == 0
    assert video.grad[mask].abs().max() > 0


@pytest.mark.parametrize("temporal", TEMPORAL)
def test_padding_between_frames_is_padding_too(temporal: str) -> None:
    torch.manual_seed(0)
    net = FusionNet(FusionSettings(10, 7, (16, 12, 8), 2, temporal, dense=(12, 10))).eval()
    given = clips(2, 6)
    one = Clips(*(value[:1] for value in given))
    dense = one._replace(video=one.video[:, :3], video_mask=torch.ones(1, 3, dtype=torch.bool))
    holes = torch.full((1, 6, 10), 77.0)
    holes[:, [0, 2, 5]] = dense.video
    mask = torch.tensor([[True, False, True, False, False, True]])
    assert torch.allclose(
        net(dense).classes, net(dense._replace(video=holes, video_mask=mask)).classes, atol=1e-5
    )


def test_order_matters_only_where_time_is_looked_at() -> None:
    torch.manual_seed(0)
    for temporal in ("transformer", "gru"):
        net = FusionNet(FusionSettings(10, 7, (16, 12, 8), 2, temporal, dense=(12, 10))).eval()
        given = clips(1)
        turned = given._replace(video=given.video.flip(1))
        assert not torch.allclose(net(given).classes, net(turned).classes, atol=1e-4)


def going_round(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Something that goes round a ring of 8 places one way or the other, from anywhere, in noise."""
    made = torch.Generator().manual_seed(seed)
    way = torch.randint(0, 2, (count,), generator=made)
    start, pace = (torch.rand(count, 1, generator=made) for _ in range(2))
    place = start + (2 * way[:, None] - 1) * (0.12 + 0.13 * pace) * torch.arange(14)
    seen = 2 * torch.cos(2 * torch.pi * (place[..., None] - torch.arange(8) / 8)).clamp(min=0).square()
    padded = torch.nn.functional.pad(seen, (0, 8))
    return padded + 0.3 * torch.randn(count, 14, 16, generator=made), way


@pytest.mark.parametrize(
    ("temporal", "low", "high"), [("transformer", 0.95, 1), ("gru", 0.95, 1), ("mean", 0, 0.6)]
)
def test_order_is_learnt_from_few_clips(temporal: str, low: float, high: float) -> None:
    torch.manual_seed(0)
    look, answer = TEMPORAL[temporal](16, 0.0), torch.nn.Linear(16, 2)
    optimizer = torch.optim.AdamW([*look.parameters(), *answer.parameters()], lr=3e-3)
    (x, y), (other, truth) = going_round(128, 1), going_round(256, 2)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(answer(look(x, torch.ones(128, 14, dtype=torch.bool))), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        said = answer(look.eval()(other, torch.ones(256, 14, dtype=torch.bool))).argmax(1)
    assert low <= (said == truth).float().mean() <= high


@pytest.mark.parametrize(("modalities", "blind"), [("video", "words"), ("words", "video")])
def test_a_modality_can_be_left_out(modalities: str, blind: str) -> None:
    torch.manual_seed(0)
    net = FusionNet(FusionSettings(10, 7, (16, 12, 8), 2, modalities=modalities, dense=(12, 10))).eval()
    given = clips()
    other = given._replace(**{blind: getattr(given, blind) + 5})
    assert torch.equal(net(given).classes, net(other).classes)
    seen = given._replace(**{modalities: getattr(given, modalities).roll(1, -1)})
    assert not torch.allclose(net(given).classes, net(seen).classes)


def test_clips_without_words_or_frames_are_answered() -> None:
    net = FusionNet(SMALL).eval()
    given = clips()
    none = given._replace(
        video_mask=torch.zeros_like(given.video_mask), words_mask=torch.zeros_like(given.words_mask)
    )
    said = net(none)
    assert torch.isfinite(said.classes).all()
    assert (said.classes.shape, said.labels.shape, said.pitches.shape, said.speed.shape) == (
        (4, 6),
        (4, 8),
        (4, 4),
        (4,),
    )
    assert torch.allclose(said.classes[0], said.classes[1])


def test_words_of_no_weight_are_not_there() -> None:
    net = FusionNet(SMALL).eval()
    given = clips()
    weight = given.words_weight.clone()
    weight[:, 1:] = 0
    unheard = given._replace(words_weight=weight, words_mask=given.words_mask.clone())
    unheard.words_mask[:, 1:] = False
    assert torch.allclose(net(given._replace(words_weight=weight)).classes, net(unheard).classes, atol=1e-6)


def test_sinusoids_follow_the_formula() -> None:
    found = sinusoids(5, 6, torch.zeros(1))
    for place in range(5):
        for pair in range(3):
            angle = torch.tensor(place / 10_000 ** (2 * pair / 6))
            assert found[place, 2 * pair] == pytest.approx(float(angle.sin()), abs=1e-6)
            assert found[place, 2 * pair + 1] == pytest.approx(float(angle.cos()), abs=1e-6)


def test_the_mean_counts_what_is_there() -> None:
    x = torch.tensor([[[1.0], [3.0], [float("nan")]], [[float("inf")]] * 3])
    mask = torch.tensor([[True, True, False], [False] * 3])
    assert masked_mean(x, mask).tolist() == [[2.0], [0.0]]


def test_settings_survive_and_strangers_are_refused() -> None:
    assert from_json(FusionSettings, to_json(SMALL)) == SMALL
    with pytest.raises(SettingsError, match="there is no depth"):
        from_json(FusionSettings, {"depth": 3})
    for bad in (
        {"temporal": "lstm"},
        {"heads": 3},
        {"classes": 0},
        {"dropout": 2.0},
        {"pyramid": (8, 8)},
        {"heads": "2"},
    ):
        with pytest.raises(SettingsError):
            from_json(FusionSettings, bad)


def test_c3d_has_the_papers_shapes() -> None:
    net = C3D(C3DSettings(frames=8, size=32, width=4, dense=16, classes=6))
    assert net(torch.randn(2, 8, 3, 32, 32)).shape == (2, 6)
    with torch.device("meta"):
        whole = C3D(C3DSettings())
    # fc6 of the paper sees 512 x 4 x 4.
    assert whole.dense[1].in_features == 512 * 4 * 4
    with pytest.raises(SettingsError):
        C3DSettings(size=4)


def test_video_mae_and_an_unfrozen_tower() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")
    from matchcut.models.pictures import TowerFusion, untrained_video_mae

    net = untrained_video_mae(6, tiny=True)
    assert net(torch.randn(2, net.frames, 3, net.size, net.size)).shape == (2, 6)
    config = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=16,
        patch_size=8, projection_dim=10,
    )  # fmt: skip
    tower = transformers.CLIPVisionModelWithProjection(config)
    joined = TowerFusion(tower, FusionNet(SMALL), layers=1)
    given = clips()
    joined(torch.randn(4, 6, 3, 16, 16), given).classes.sum().backward()
    layers = tower.vision_model.encoder.layers
    assert layers[2].mlp.fc1.weight.grad is not None
    assert layers[0].mlp.fc1.weight.grad is None
    assert not joined.train().tower.training
    with pytest.raises(SettingsError, match="3 layers"):
        TowerFusion(tower, FusionNet(SMALL), layers=4)
