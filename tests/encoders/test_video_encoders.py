"""Video encoders on tiny random weights: transformers' own vectors, windows along a film, bad checkpoints."""

from __future__ import annotations

import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from make import Make, sound_only, video  # noqa: E402

from matchcut.clips import encode_videos  # noqa: E402
from matchcut.encoders.looking import load_looker  # noqa: E402
from matchcut.encoders.pictures import PictureSettings, read_pictures  # noqa: E402
from matchcut.encoders.pretrained import quiet  # noqa: E402
from matchcut.encoders.spans import Span  # noqa: E402
from matchcut.encoders.store import FeatureStore  # noqa: E402
from matchcut.encoders.untrained import write_untrained_clip  # noqa: E402
from matchcut.encoders.video import VideoEncoder, load_video  # noqa: E402
from matchcut.encoders.windows import encode_windows, windows  # noqa: E402
from matchcut.encoding import Encoding  # noqa: E402
from matchcut.errors import InputError, SettingsError, ValidationError  # noqa: E402
from matchcut.spotters.looking import Looking  # noqa: E402

torch.set_num_threads(1)

SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
}
SQUARE = {"patch_size": 16, "num_frames": 4}
PROCESSOR = {
    "do_resize": True,
    "size": {"shortest_edge": 32},
    "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32},
    "do_rescale": True,
    "do_normalize": True,
    "resample": 2,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}


def network(kind: str) -> Any:
    """A tiny network with a head where checkpoints of its kind have one."""
    t = transformers
    torch.manual_seed(7)
    if kind == "videomae":
        return t.VideoMAEModel(t.VideoMAEConfig(**SMALL, **SQUARE))
    if kind == "tuned":
        net = t.VideoMAEForVideoClassification(t.VideoMAEConfig(**SMALL, **SQUARE))
        torch.nn.init.uniform_(net.fc_norm.weight)
        return net
    if kind == "timesformer":
        return t.TimesformerForVideoClassification(t.TimesformerConfig(**SMALL, **SQUARE))
    if kind == "vivit":
        how = t.VivitConfig(**SMALL, num_frames=4, tubelet_size=[2, 16, 16])
        return t.VivitForVideoClassification(how)
    if kind == "vjepa2":
        heads = {"pred_hidden_size": 24, "pred_num_hidden_layers": 1, "pred_num_attention_heads": 2}
        own = {"frames_per_clip": 4, "crop_size": 32, "hidden_size": 24, "num_hidden_layers": 2}
        return t.VJEPA2Model(t.VJEPA2Config(**own, num_attention_heads=2, **heads))
    mit = {"mit_hidden_size": 24, "mit_intermediate_size": 16, "mit_num_attention_heads": 2}
    text = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 99}
    sides = {"text_config": {**text, "num_attention_heads": 2}, "vision_config": {**SMALL, **SQUARE, **mit}}
    return t.XCLIPModel(t.XCLIPConfig(**sides, projection_dim=24, prompt_num_attention_heads=2))


def prescribed(kind: str, net: Any, values: Any) -> np.ndarray:
    """What transformers itself gives of a window, (N, frames, 3, height, width)."""
    with torch.inference_mode():
        if kind == "videomae":
            found = net(pixel_values=values).last_hidden_state.mean(1)
        elif kind == "tuned":
            found = net.fc_norm(net.videomae(pixel_values=values).last_hidden_state.mean(1))
        elif kind == "timesformer":
            found = net.timesformer(pixel_values=values).last_hidden_state[:, 0]
        elif kind == "vivit":
            found = net.vivit(pixel_values=values).last_hidden_state[:, 0]
        elif kind == "vjepa2":
            found = net(pixel_values_videos=values, skip_predictor=True).last_hidden_state.mean(1)
        else:
            found = net.get_video_features(pixel_values=values).pooler_output
    return np.asarray(found.numpy())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


def checkpoint(place: Path, kind: str) -> Path:
    target = place / kind
    if not target.exists():
        with quiet():
            network(kind).save_pretrained(target)
        (target / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return target


@pytest.fixture(scope="module")
def film(place: Path) -> Path:
    """Six seconds of 32 pixels square, so that nothing is scaled."""
    return video(place / "film.mp4", Make(frames=60, rate=Fraction(10), width=32, height=32, sound=False))


@pytest.mark.parametrize("kind", ["videomae", "tuned", "timesformer", "vivit", "vjepa2", "xclip"])
def test_the_vectors_are_those_of_transformers(kind: str, place: Path, film: Path, tmp_path: Path) -> None:
    encoder = load_video(str(checkpoint(place, kind)), window_s=1.0, precision="float32", batch=3)
    done = encode_windows([Span(film)], encoder, FeatureStore(tmp_path), 2.0)
    found = FeatureStore(tmp_path).array(done.keys[Span(film)])
    plan = windows(0.0, 6.0, 2.0, 4, 1.0)
    assert (encoder.frames, len(plan.places), done.frames) == (4, 12, 12)
    frames = read_pictures(film, plan.times, PictureSettings(32, 32, 32))
    reader = transformers.VivitImageProcessor if kind == "vivit" else transformers.VideoMAEImageProcessorPil
    pixels = reader(**PROCESSOR)(list(frames), return_tensors="pt")["pixel_values"][0]
    with quiet():
        net = type(network(kind)).from_pretrained(place / kind).eval()
    wanted = prescribed(kind, net, pixels[torch.from_numpy(plan.places)].float())
    assert found is not None
    assert found.shape == wanted.shape == (12, encoder.width)
    assert np.abs(found - wanted).max() < 1e-5
    assert np.abs(found[0] - found[6]).max() > 1e-4  # it does see the pictures


@given(
    seconds=st.floats(0.3, 40),
    rate=st.sampled_from([0.5, 1.0, 2.0, 3.0]),
    frames=st.integers(1, 20),
    window_s=st.floats(0.1, 12),
    start=st.floats(0, 100),
)
@settings(max_examples=60, deadline=None)
def test_windows_are_centred_and_as_long_as_asked(
    seconds: float, rate: float, frames: int, window_s: float, start: float
) -> None:
    plan = windows(start, start + seconds, rate, frames, window_s)
    times = np.array(plan.times)
    assert (np.diff(times) > 0).all()
    assert start <= times[0]
    assert times[-1] < start + seconds + 1e-6
    assert sorted(set(plan.places.ravel())) == list(range(len(times)))  # nothing is read in vain
    for row, places in enumerate(plan.places):
        middle = start + (row + 0.5) / rate
        whole = middle - window_s * 0.55 > start and middle + window_s * 0.55 < start + seconds
        if whole:
            assert abs(times[places].mean() - middle) < 1e-6
            apart = np.diff(times[places])
            assert np.allclose(apart, window_s / frames, rtol=0.051)


def test_each_picture_is_decoded_once_and_the_edges_are_repeated(
    place: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = load_video(str(checkpoint(place, "videomae")), window_s=2.0, precision="float32")
    looked: list[int] = []
    own = PictureSettings.picture

    def counted(self: PictureSettings, *given: Any) -> Any:
        looked.append(1)
        return own(self, *given)

    monkeypatch.setattr(PictureSettings, "picture", counted)
    store = FeatureStore(tmp_path)
    done = encode_windows([Span(film)], encoder, store, 2.0)
    assert len(looked) == len(windows(0.0, 6.0, 2.0, 4, 2.0).times) == 12  # windows of four share them
    short = Span(film, 1.0, 1.3)  # shorter than a window: one picture, again and again
    done = encode_windows([Span(film), short], encoder, store, 2.0)
    assert (done.kept, done.made) == (1, 1)
    still = np.repeat(read_pictures(film, [1.0], encoder.pictures)[None], 4, axis=1)
    assert np.allclose(store.array(done.keys[short]), encoder.encode(still), atol=1e-6)


def test_long_films_are_slid_over(place: Path, film: Path, tmp_path: Path) -> None:
    """Pieces of 64 pictures, batches of windows: the same as all pictures at once."""
    encoder = load_video(str(checkpoint(place, "timesformer")), window_s=0.5, precision="float32", batch=5)
    plan = windows(0.0, 6.0, 6.0, 4, 0.5)
    assert len(plan.times) > 64
    done = encode_windows([Span(film)], encoder, FeatureStore(tmp_path), 6.0)
    pictures = read_pictures(film, plan.times, encoder.pictures)
    found = FeatureStore(tmp_path).array(done.keys[Span(film)])
    assert np.allclose(found, encoder.encode(pictures[plan.places]), atol=1e-6)


def test_keys_know_window_and_weights(place: Path, film: Path, tmp_path: Path) -> None:
    name = str(checkpoint(place, "videomae"))
    wide, narrow = (load_video(name, window_s=seconds) for seconds in (2.0, 1.0))
    other = load_video(str(checkpoint(place, "tuned")), window_s=1.0)
    assert len({wide.identity, narrow.identity, other.identity}) == 3
    looking = Looking(f"encoder:{name}", 2.0, "cpu", window_s=1.5)
    assert looking.told.startswith(f"encoder:{name}@2/1.5 ")
    assert looking.series(film, FeatureStore(tmp_path)).values.shape == (12, 16)
    done = encode_videos([film], tmp_path, rate=2.0, encoder=name, window_s=1.5, device="cpu")
    assert (done.made, done.kept) == (0, 1)  # what train spotter asks for is what encode makes
    with pytest.raises(ValidationError, match=r"windows need the shape \(N, 4, 32, 32, 3\)"):
        wide.encode(np.zeros((2, 3, 32, 32, 3), np.uint8))


def test_a_worker_makes_the_same_as_one_process(place: Path, film: Path, tmp_path: Path) -> None:
    """What ``--ray`` sends to its workers; tests/test_spreading.py has the workers themselves."""
    name, how = str(checkpoint(place, "videomae")), {"window_s": 1.5, "device": "cpu"}
    work = Encoding(tmp_path / "spread", 2.0, False, name, how)
    made = [work(Span(path)) for path in (film, film)]
    assert [one.made for one in made] == [1, 0]
    encode_videos([film], tmp_path / "alone", rate=2.0, encoder=name, **how)
    one, other = (next((tmp_path / store).rglob("*.safetensors")) for store in ("spread", "alone"))
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def plain_network(kind: str) -> tuple[Any, dict[str, Any]]:
    """A tiny network on pictures as its checkpoints come, and what its processor says."""
    t = transformers
    square = {"size": {"height": 32, "width": 32}, "do_center_crop": False, "crop_size": None}
    torch.manual_seed(3)
    small = {**SMALL, "patch_size": 16}
    if kind == "vit":  # tuned: without a pooler
        return t.ViTForImageClassification(t.ViTConfig(**small)), {**square, **VIT}
    if kind == "dinov2":
        return t.Dinov2Model(t.Dinov2Config(**small)), {**VIT, "image_processor_type": "BitImageProcessor"}
    how = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
    net = t.ResNetForImageClassification(t.ResNetConfig(**how))
    own = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 28}, "crop_pct": 0.875}
    return net, {**VIT, **own, "do_center_crop": False, "crop_size": None}


VIT = {**PROCESSOR, "image_processor_type": "ViTImageProcessor"}


@pytest.mark.parametrize("kind", ["vit", "dinov2", "resnet"])
def test_any_network_on_pictures(kind: str, film: Path, tmp_path: Path) -> None:
    net, processor = plain_network(kind)
    folder = tmp_path / kind
    with quiet():
        net.eval().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    encoder = load_looker(str(folder), precision="float32")
    assert not isinstance(encoder, VideoEncoder)
    frames = read_pictures(film, [0.5, 2.5], PictureSettings(32, 32, 32))
    with quiet():
        reader = transformers.AutoImageProcessor.from_pretrained(folder)
    pixels = reader(list(frames), return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        if kind == "vit":
            wanted = net.vit(pixel_values=pixels).last_hidden_state[:, 0]
        elif kind == "dinov2":
            wanted = net(pixel_values=pixels).pooler_output
        else:
            wanted = net.resnet(pixel_values=pixels).pooler_output.flatten(1)
    found = encoder.encode(read_pictures(film, [0.5, 2.5], encoder.pictures))
    assert np.abs(found - wanted.numpy()).max() < 1e-5
    with pytest.raises(SettingsError, match="looks at one picture at a time"):
        load_looker(str(folder), window_s=1.0)


def test_what_cannot_be_an_encoder_is_told(place: Path, film: Path, tmp_path: Path) -> None:
    still = str(write_untrained_clip(tmp_path / "clip"))
    assert not isinstance(load_looker(still), VideoEncoder)
    with pytest.raises(SettingsError, match=r"looks at one picture at a time, not at 2 seconds"):
        load_looker(still, window_s=2.0)
    with pytest.raises(SettingsError, match="pixels: looks at one picture"):
        Looking("encoder:pixels", 2.0, window_s=2.0).told  # noqa: B018
    with pytest.raises(InputError, match="'clip' model, not a video encoder"):
        load_video(still)
    with pytest.raises(SettingsError, match="window is from"):
        load_video(str(checkpoint(place, "videomae")), window_s=0.0)
    with pytest.raises(SettingsError, match="by torch alone"):
        load_looker(str(place / "videomae"), backend="onnx")
    with pytest.raises(InputError, match="not on this machine"):
        load_video("MCG-NJU/videomae-that-is-not-here")
    bare = tmp_path / "bare"
    shutil.copytree(checkpoint(place, "videomae"), bare)
    (bare / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match=r"has no preprocessor_config\.json"):
        load_video(str(bare))
    (bare / "preprocessor_config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be used as a checkpoint"):
        load_video(str(bare))
    (bare / "model.safetensors").rename(bare / "pytorch_model.bin")
    shutil.copy(place / "videomae" / "preprocessor_config.json", bare)
    with pytest.raises(InputError, match="safetensors"):
        load_video(str(bare))
    (bare / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="'bert' model, not CLIP or SigLIP"):
        load_looker(str(bare))
    tone = sound_only(tmp_path / "tone.mkv", 1.0)
    encoder = load_video(str(place / "videomae"))
    done = encode_windows([Span(tone), Span(film, 5.0, 6.0)], encoder, FeatureStore(tmp_path / "store"), 2.0)
    assert [span.path for span, _ in done.failed] == [tone]
    assert "no picture" in done.failed[0][1]
    assert done.made == 1
