"""The dual encoder: transformers' own numbers, what learns, and folders that load again to the same vectors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.encoders.dual import (  # noqa: E402
    DEFAULT_RESNET,
    KINDS,
    RESNET_PICTURES,
    Dual,
    load_dual,
    save_dual,
    write_untrained_dual,
)
from matchcut.encoders.pictures import PictureSettings  # noqa: E402
from matchcut.encoders.text import load_text  # noqa: E402
from matchcut.encoders.vision import load_vision  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.models.dual import (  # noqa: E402
    METHODS,
    DualEncoder,
    LearningSettings,
    learning_share,
    merged,
    new_projection,
    set_learning,
)

torch.set_num_threads(1)
TEXTS = ["a photo of a corner", "a long goal"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: write_untrained_dual(tmp_path_factory.mktemp(kind) / kind, kind, seed=3) for kind in KINDS}


@pytest.fixture
def pixels() -> Any:
    return np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)


def vectors(dual: Dual, pixels: Any) -> tuple[Any, Any]:
    dual.net.eval()
    with torch.inference_mode():
        given = torch.from_numpy(dual.pictures.normalised(pixels))
        return dual.net.images(given).numpy(), dual.net.texts(*dual.tokens(TEXTS)).numpy()


def loaded(folder: Path, pixels: Any) -> tuple[Any, Any]:
    return (
        load_vision(str(folder), precision="float32").encode(pixels),
        load_text(str(folder)).encode(TEXTS),
    )


def test_clip_with_its_vit_equals_transformers(folders: dict[str, Path], pixels: Any) -> None:
    dual = load_dual(str(folders["clip"]))
    images, texts = vectors(dual, pixels)
    whole = transformers.CLIPModel.from_pretrained(folders["clip"]).eval()
    ids, mask = dual.tokens(TEXTS)
    with torch.inference_mode():
        given = torch.from_numpy(dual.pictures.normalised(pixels))
        out = whole(input_ids=ids, attention_mask=mask, pixel_values=given)
        pairing = dual.net(given, ids, mask)
    unit = torch.nn.functional.normalize
    assert np.allclose(unit(torch.from_numpy(images)), out.image_embeds, atol=1e-6)
    assert np.allclose(unit(torch.from_numpy(texts)), out.text_embeds, atol=1e-6)
    logits = pairing.scale * unit(pairing.images) @ unit(pairing.texts).T
    assert np.allclose(logits, out.logits_per_image, atol=1e-5)
    assert float(pairing.scale) == pytest.approx(float(whole.logit_scale.detach().exp()), rel=1e-6)


def test_the_resnet_tower_equals_transformers_resnet(folders: dict[str, Path], pixels: Any) -> None:
    dual = load_dual(str(folders["resnet"]))
    net = transformers.ResNetModel(dual.net.vision_model.config)
    net.load_state_dict(dual.net.vision_model.state_dict())
    with torch.inference_mode():
        given = torch.from_numpy(dual.pictures.normalised(pixels))
        pooled = net.eval()(given).pooler_output[:, :, 0, 0]
        expected = pooled @ dual.net.visual_projection.weight.T
    found, _ = vectors(dual, pixels)
    assert np.abs(found).max() > 1e-3
    assert np.allclose(found, expected, atol=1e-6)
    # And as an encoder, where pictures come in 8 bits.
    assert np.allclose(loaded(folders["resnet"], pixels)[0], expected, atol=1e-5)


def test_a_resnet_checkpoint_takes_the_vits_place(
    folders: dict[str, Path], tmp_path: Path, pixels: Any
) -> None:
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
    )
    # As the hub's checkpoints are: with a classifier, which is not wanted.
    transformers.ResNetForImageClassification(config).save_pretrained(tmp_path / "resnet")
    processor = {
        "crop_pct": 0.5, "size": {"shortest_edge": 32}, "resample": 3, "image_mean": [0.5] * 3,
        "image_std": [0.25] * 3,
    }  # fmt: skip
    (tmp_path / "resnet/preprocessor_config.json").write_text(json.dumps(processor))
    one = load_dual(str(folders["clip"]), resnet=str(tmp_path / "resnet"), seed=1)
    assert one.net.kind == "resnet"
    assert one.pictures == PictureSettings(32, 32, 64, 3, (0.5,) * 3, (0.25,) * 3)
    own = transformers.ResNetModel.from_pretrained(tmp_path / "resnet").state_dict()
    assert all(torch.equal(value, own[key]) for key, value in one.net.vision_model.state_dict().items())
    again = load_dual(str(folders["clip"]), resnet=str(tmp_path / "resnet"), seed=1)
    other = load_dual(str(folders["clip"]), resnet=str(tmp_path / "resnet"), seed=2)
    assert torch.equal(one.net.visual_projection.weight, again.net.visual_projection.weight)
    assert not torch.equal(one.net.visual_projection.weight, other.net.visual_projection.weight)
    _, texts = vectors(one, pixels)
    assert np.allclose(texts, load_text(str(folders["clip"])).encode(TEXTS), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_what_was_trained_loads_to_the_same_vectors(
    folders: dict[str, Path], kind: str, method: str, tmp_path: Path, pixels: Any
) -> None:
    dual = load_dual(str(folders[kind]))
    before = {key: value.clone() for key, value in dual.net.state_dict().items()}
    torch.manual_seed(0)
    set_learning(dual.net, LearningSettings(method, rank=4))
    if method == "lora":
        pytest.importorskip("peft")
    learning, every = learning_share(dual.net)
    assert (learning == every) == (method == "full")
    learn = [p for p in dual.net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(learn, 0.5)
    dual.net.train()
    for _ in range(2):  # LoRA's second factor is zero at first: the first one moves at the second step
        optimizer.zero_grad()
        pairing = dual.net(torch.from_numpy(dual.pictures.normalised(pixels[:2])), *dual.tokens(TEXTS))
        (torch.nn.functional.cosine_similarity(pairing.images, pairing.texts).mean() * pairing.scale).backward()
        optimizer.step()
    images, texts = vectors(dual, pixels)
    folder = save_dual(tmp_path / "model", dual, "# A card\n")
    again = loaded(folder, pixels)
    assert np.allclose(images, again[0], atol=2e-5)
    assert np.allclose(texts, again[1], atol=2e-5)
    assert not np.allclose(images, loaded(folders[kind], pixels)[0], atol=1e-3)
    third = load_dual(str(folder))
    assert np.allclose(images, vectors(third, pixels)[0], atol=2e-5)
    assert float(third.net.logit_scale.detach()) == pytest.approx(float(dual.net.logit_scale.detach()))
    assert third.vision(precision="float32").identity == load_vision(str(folder)).identity
    assert third.text().identity == load_text(str(folder)).identity
    # Frozen parts are as they were, also after merging; batch norms that don't learn kept their statistics.
    after = third.net.state_dict()
    same = [key for key in before if torch.equal(before[key], after[key])]
    assert any("embeddings" in key for key in same) == (method != "full")
    if kind == "resnet":
        kept = all(
            key in same for key in before if key.endswith("embedder.embedder.normalization.running_mean")
        )
        assert kept == (method != "full")


def test_merging_leaves_the_network_alone(folders: dict[str, Path], pixels: Any) -> None:
    pytest.importorskip("peft")
    dual = load_dual(str(folders["clip"]))
    set_learning(dual.net, LearningSettings("lora"))
    keys = list(dual.net.state_dict())
    plain = merged(dual.net)
    assert list(dual.net.state_dict()) == keys
    assert list(plain.state_dict()) == list(load_dual(str(folders["clip"])).net.state_dict())


def test_how_many_last_layers_learn(folders: dict[str, Path]) -> None:
    def learning(kind: str, layers: int) -> set[str]:
        net = set_learning(load_dual(str(folders[kind])).net, LearningSettings("layers", layers))
        return {name for name, p in net.named_parameters() if p.requires_grad}

    assert {n for n in learning("clip", 1) if "layers" in n} == {
        n for n in learning("clip", 2) if "layers.1." in n
    }
    assert {n.split(".")[0] for n in learning("resnet", 0)} == {
        "visual_projection", "text_projection", "logit_scale", "text_model",
    }  # fmt: skip
    assert {n for n in learning("resnet", 0) if "text_model" in n} == {
        "text_model.final_layer_norm.weight", "text_model.final_layer_norm.bias",
    }  # fmt: skip
    with pytest.raises(SettingsError, match="a tower has 2 layers; 3 cannot learn"):
        learning("clip", 3)


def test_settings_are_checked() -> None:
    with pytest.raises(SettingsError, match="no such way to learn: 'half'"):
        LearningSettings("half")
    with pytest.raises(SettingsError, match="rank is at least 1"):
        LearningSettings(rank=0)
    with pytest.raises(SettingsError, match="no such kind of image encoder"):
        write_untrained_dual("nowhere", "vgg")


def test_processor_goes_to_json_and_back() -> None:
    for how in (PictureSettings(), RESNET_PICTURES, PictureSettings(48, 64, None, 2)):
        assert PictureSettings.from_processor(how.to_processor(), "x") == how


def test_checkpoints_of_other_architectures_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert/config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="is a 'bert' model; what is trained here is CLIP"):
        load_dual(str(tmp_path / "bert"))
    with pytest.raises(InputError, match="is a 'clip' model, not a ResNet"):
        load_dual(str(folders["clip"]), resnet=str(folders["clip"]))
    with pytest.raises(InputError, match="not on this machine"):
        load_dual(str(folders["clip"]), resnet=DEFAULT_RESNET + "-which-nobody-has")
    # A card of one size, weights of another.
    shutil.copytree(folders["resnet"], tmp_path / "mixed")
    config = json.loads((tmp_path / "mixed/config.json").read_text())
    config["vision_config"]["hidden_sizes"] = [16, 32, 48]
    (tmp_path / "mixed/config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="cannot be used as a checkpoint"):
        load_dual(str(tmp_path / "mixed"))
    # Weights that lack a part.
    from safetensors.torch import load_file, save_file

    shutil.copytree(folders["resnet"], tmp_path / "partial")
    weights = load_file(tmp_path / "partial/model.safetensors")
    save_file({k: v for k, v in weights.items() if k != "visual_projection.weight"},
              tmp_path / "partial/model.safetensors")  # fmt: skip
    with pytest.raises(InputError, match="has no weights for 1 parts"):
        load_dual(str(tmp_path / "partial"))


def test_kinds_and_widths(folders: dict[str, Path]) -> None:
    assert [load_dual(str(folders[kind])).net.kind for kind in KINDS] == ["clip", "resnet"]
    assert load_dual(str(folders["resnet"])).net.width == 24
    assert new_projection(7, 5).weight.shape == (5, 7)
    assert issubclass(DualEncoder, torch.nn.Module)
