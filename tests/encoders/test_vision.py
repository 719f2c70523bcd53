"""CLIP on tiny random weights: the processor's own path, precision, batches, bad checkpoints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")

from PIL import Image  # noqa: E402

from matchcut.encoders.clip_tower import ClipTower  # noqa: E402
from matchcut.encoders.pictures import PictureSettings, grid, read_pictures  # noqa: E402
from matchcut.encoders.pretrained import load_tower, picture_settings  # noqa: E402
from matchcut.encoders.simple import hashed_words, pixel_encoder  # noqa: E402
from matchcut.encoders.text import load_text  # noqa: E402
from matchcut.encoders.untrained import write_untrained_clip  # noqa: E402
from matchcut.encoders.vision import load_vision, vision_encoder  # noqa: E402
from matchcut.errors import InputError, SettingsError, ValidationError  # noqa: E402
from matchcut.media.sample import frames_at  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def gif(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up clip of smooth colours that drift."""
    path = tmp_path_factory.mktemp("gif") / "clip.gif"
    rows, columns = np.mgrid[0:72, 0:128]
    images = []
    for number in range(12):
        red = 128 + 100 * np.sin((columns + 9 * number) / 21)
        green = 128 + 100 * np.cos(rows / 13 + number)
        image = np.stack([red, green, 200 - red / 2 + 0 * rows], -1).astype(np.uint8)
        images.append(Image.fromarray(image))
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, loop=0)
    return path


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def processors_vectors(checkpoint: Path, path: Path, times: list[float]) -> np.ndarray:
    processor = transformers.CLIPImageProcessorPil.from_pretrained(checkpoint)
    pictures = [frame.to_image() for _, frame in frames_at(path, times)]
    pixels = processor(images=pictures, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        return load_tower(str(checkpoint), text=False)(pixel_values=pixels).image_embeds.numpy()


@pytest.mark.parametrize("how", [{"precision": "float32"}, {"precision": "bfloat16"}, {"backend": "onnx"}])
def test_the_processors_own_path(checkpoint: Path, gif: Path, how: dict[str, str], tmp_path: Path) -> None:
    times = grid(0, 1.2, 5)
    encoder = load_vision(str(checkpoint), cache=tmp_path, batch=4, **how)
    found = encoder.encode(read_pictures(gif, times, encoder.pictures))
    assert found.shape == (6, 24)
    assert cosines(found, processors_vectors(checkpoint, gif, times)).min() >= 0.999


def test_our_tower_equals_transformers(checkpoint: Path) -> None:
    net = load_tower(str(checkpoint), text=False)
    how = picture_settings(str(checkpoint))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        wanted = net(pixel_values=torch.from_numpy(how.normalised(pixels))).image_embeds.numpy()
    for batch in (2, 64):
        found = vision_encoder(net, how, precision="float32", batch=batch).encode(pixels)
        assert np.allclose(found, wanted, atol=2e-5)


def test_siglip_goes_through_the_same_door(tmp_path: Path) -> None:
    config = transformers.SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    torch.manual_seed(0)
    net = transformers.SiglipVisionModel(config).eval()
    how = PictureSettings(32, 32, None, 2, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        wanted = net(pixel_values=torch.from_numpy(how.normalised(pixels))).pooler_output.numpy()
    assert np.allclose(vision_encoder(net, how, precision="float32").encode(pixels), wanted, atol=1e-5)


def test_processors_settings_are_read_or_refused() -> None:
    usual = {
        "size": 224,
        "crop_size": 224,
        "do_center_crop": True,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
    }
    assert PictureSettings.from_processor(usual, "x").scale_to(1280, 720) == (398, 224)
    square = {
        "size": {"height": 256, "width": 256},
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "resample": 2,
    }
    assert PictureSettings.from_processor(square, "x").scale_to(1280, 720) == (256, 256)
    for bad in (
        {**usual, "size": None},
        {**usual, "image_std": [0.0] * 3},
        {**usual, "image_mean": [0.5]},
        {**usual, "do_center_crop": False},
        {**usual, "resample": 77},
    ):
        with pytest.raises(InputError):
            PictureSettings.from_processor(bad, "x")


def test_identity_changes_with_weights_and_pictures(checkpoint: Path, tmp_path: Path) -> None:
    one = load_vision(str(checkpoint))
    other = load_vision(str(write_untrained_clip(tmp_path / "other", seed=1)))
    assert one.identity != other.identity
    assert one.identity == load_vision(str(checkpoint), precision="float32").identity


def test_words_are_read_in_pieces(checkpoint: Path) -> None:
    text = load_text(str(checkpoint), batch=2)
    said = "low and away ball one " * 12
    pieces = text.pieces(said)
    assert " ".join(pieces).split() == said.split()
    assert len(pieces) > 1
    assert all(text.count(piece) <= text.longest for piece in pieces)
    assert text.pieces("  ") == []
    together = text.encode(["strike", "ball", *pieces])
    alone = np.concatenate([text.encode([one]) for one in ["strike", "ball", *pieces]])
    assert np.allclose(together, alone, atol=1e-5)


def test_no_weights_no_network(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not on this machine"):
        load_vision("nobody/has-this-model")
    with pytest.raises(InputError, match="cannot be used as a checkpoint"):
        load_vision(str(tmp_path))
    cut = tmp_path / "cut"
    shutil.copytree(checkpoint, cut)
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(InputError, match="cannot be used"):
        load_vision(str(cut))


def test_half_a_checkpoint_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    half = tmp_path / "half"
    shutil.copytree(checkpoint, half)
    weights = load_file(half / "model.safetensors")
    kept = {key: value for key, value in weights.items() if "visual_projection" not in key}
    save_file(kept, half / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="no weights for 1 part"):
        load_vision(str(half))
    config = json.loads((half / "config.json").read_text())
    config["model_type"] = "bert"
    (half / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="not CLIP or SigLIP"):
        load_vision(str(half))


def test_wrong_pictures_and_settings(checkpoint: Path) -> None:
    encoder = load_vision(str(checkpoint))
    with pytest.raises(ValidationError, match="pictures need the shape"):
        encoder.encode(np.zeros((1, 8, 8, 3), np.uint8))
    assert encoder.encode(np.zeros((0, 32, 32, 3), np.uint8)).shape == (0, 24)
    with pytest.raises(SettingsError):
        load_vision(str(checkpoint), precision="int8")
    with pytest.raises(SettingsError, match="onnxruntime encodes on the CPU"):
        load_vision(str(checkpoint), backend="onnx", precision="bfloat16")


def test_a_tower_in_few_bits_shares_nothing_with_the_one_given(checkpoint: Path) -> None:
    net = load_tower(str(checkpoint), text=False)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    made = ClipTower(net, picture_settings(str(checkpoint)), torch.bfloat16)
    assert {value.dtype for value in made.state_dict().values()} == {torch.bfloat16}
    for value in made.state_dict().values():
        value.zero_()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_encoders_without_weights() -> None:
    words = hashed_words(64)
    same, other = words.encode(["ball outside", "ball outside"]), words.encode(["strike three"])
    assert np.array_equal(same[0], same[1])
    assert not np.allclose(same[0], other[0])
    pixels = np.full((2, 8, 8, 3), 127, np.uint8)
    assert np.abs(pixel_encoder(8).encode(pixels)).max() < 0.02
