"""The networks that learn from pictures: made anew, written to a folder, read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut import files
from matchcut.encoders.pictures import PictureSettings
from matchcut.errors import InputError, SettingsError
from matchcut.models.settings import check, from_json, to_json

if TYPE_CHECKING:
    from torch import nn

    from matchcut.encoders.text import TextEncoder
    from matchcut.training.clips.prepare import DataSettings

NETWORKS = ("c3d", "videomae")
MODELS = (*NETWORKS, "unfrozen")
UNTRAINED = {"untrained": {}, "untrained-tiny": {
    "image_size": 32, "patch_size": 8, "num_frames": 8, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 64, "tubelet_size": 2,
}}  # fmt: skip
"""Names of VideoMAE with random weights, and what differs from ViT-B."""

VIDEOMAE = "MCG-NJU/videomae-base"
WEIGHTS, SETTINGS = "weights.safetensors", "settings.json"
_CONFIGS = {"CLIPVisionModelWithProjection": "CLIPVisionConfig", "SiglipVisionModel": "SiglipVisionConfig"}
_RGB, _IMAGENET = ((0.5,) * 3, (0.25,) * 3), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class PictureModelSettings:
    """What the folder of such a model says besides its weights.

    Attributes:
        model: one of `MODELS`.
        network: what builds the network.
        look: `PictureSettings` as plain values.
        kinds: names of the classes.
        rate: pictures a second that are kept of a clip.
        frames: of these, so many are shown, evenly taken; 0 for all.
        words: how words are chosen; "none" where the network hears nothing.
        text, text_name: identity and name of the words' encoder.
        training: settings of the training, for the record.
        version: of this file's shape.
    """

    model: str = ""
    network: Mapping[str, Any] = field(default_factory=dict)
    look: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    rate: float = 4.0
    frames: int = 16
    words: str = "none"
    text: str = ""
    text_name: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1


def made(
    model: str,
    network: Mapping[str, Any],
    data: DataSettings,
    encoder: str,
    unfrozen: int,
    text: TextEncoder | None,
    download: bool,
) -> tuple[nn.Module, PictureModelSettings]:
    """A network before its training, and what its folder will say.

    Args:
        model: one of `MODELS`.
        network: what is not as usual: `C3DSettings` or `FusionSettings`; nothing for VideoMAE.
        data: what becomes of the data.
        encoder: of an unfrozen model a CLIP or SigLIP checkpoint; a VideoMAE checkpoint or one of `UNTRAINED`.
        unfrozen: how many of the encoder's last layers learn.
        text: the words' encoder of an unfrozen model; None where it hears nothing.
        download: whether weights may be fetched.

    Raises:
        InputError: there are no such weights.
        SettingsError: a setting is unknown or out of its range.
    """
    from matchcut.training.clips.prepare import CLASSES

    kinds = CLASSES[data.classes]
    told = PictureModelSettings(model, kinds=kinds, rate=data.rate, words=data.words)
    if model == "c3d":
        from matchcut.models.c3d import C3DSettings

        how = replace(from_json(C3DSettings, network, "network"), classes=len(kinds))
        look = _look(how.size, _RGB)
        told = replace(told, network=to_json(how), look=look.to_json(), frames=how.frames)
        return build(told), told
    if model == "videomae":
        return _video_mae(told, network, encoder, download)
    return _unfrozen(told, network, encoder, unfrozen, text, download)


def _video_mae(
    told: PictureModelSettings, network: Mapping[str, Any], encoder: str, download: bool
) -> tuple[nn.Module, PictureModelSettings]:
    from transformers import VideoMAEConfig

    from matchcut.encoders.pretrained import load_video_mae

    if network:
        raise SettingsError("VideoMAE's network is its checkpoint's", "Leave the settings of network out")
    body: Any = None if encoder in UNTRAINED else load_video_mae(encoder, download)
    different: dict[str, Any] = dict(UNTRAINED.get(encoder, {}))
    config = _plain((VideoMAEConfig(**different) if body is None else body.config).to_dict())
    look = _look(int(config["image_size"]), _IMAGENET)
    told = replace(told, network=config, look=look.to_json(), frames=int(config["num_frames"]))
    net: Any = build(told)
    if body is not None:
        net.body.load_state_dict(body.state_dict())
    return net, told


def _unfrozen(
    told: PictureModelSettings,
    network: Mapping[str, Any],
    encoder: str,
    unfrozen: int,
    text: TextEncoder | None,
    download: bool,
) -> tuple[nn.Module, PictureModelSettings]:
    from matchcut.encoders.pretrained import load_tower, picture_settings
    from matchcut.models.fusion import FusionSettings

    check("the number of unfrozen layers", unfrozen, 1)
    tower: Any = load_tower(encoder, text=False, download=download)
    projects = hasattr(tower, "visual_projection")
    fusion = replace(
        from_json(FusionSettings, network, "network"),
        video_width=int(tower.config.projection_dim if projects else tower.config.hidden_size),
        words_width=1 if text is None else text.width,
        classes=len(told.kinds), labels=0, pitches=0, speed=False,
    )  # fmt: skip
    built = {
        "class": type(tower).__name__, "config": _plain(tower.config.to_dict()),
        "fusion": to_json(fusion), "layers": unfrozen,
    }  # fmt: skip
    told = replace(told, network=built, look=picture_settings(encoder, download).to_json(), frames=0)
    if text is not None:
        told = replace(told, text=text.identity, text_name=text.name)
    net: Any = build(told)
    net.tower.load_state_dict(tower.state_dict())
    return net, told


def build(told: PictureModelSettings) -> nn.Module:
    """The network of a folder's settings, with random weights.

    Raises:
        KeyError, TypeError, ValueError: the settings are damaged.
    """
    import transformers

    from matchcut.models.c3d import C3D, C3DSettings
    from matchcut.models.fusion import FusionNet, FusionSettings
    from matchcut.models.pictures import TowerFusion, VideoMae

    network: dict[str, Any] = dict(told.network)
    if told.model == "c3d":
        return C3D(from_json(C3DSettings, network, "network"))
    if told.model == "videomae":
        return VideoMae(transformers.VideoMAEModel(transformers.VideoMAEConfig(**network)), len(told.kinds))
    config = getattr(transformers, _CONFIGS[network["class"]])(**network["config"])
    fusion = FusionNet(from_json(FusionSettings, network["fusion"], "network"))
    return TowerFusion(getattr(transformers, network["class"])(config), fusion, int(network["layers"]))


def look_of(told: PictureModelSettings) -> PictureSettings:
    """How the network wants its pictures."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told.look.items()}
    return PictureSettings(**values)


def save(target: Path, net: nn.Module, told: PictureModelSettings) -> None:
    """Writes the model's folder."""
    from safetensors.torch import save

    tensors = {key: value.detach().cpu().clone().contiguous() for key, value in net.state_dict().items()}
    with files.replacing(target / WEIGHTS) as temporary:
        temporary.write_bytes(save(tensors))
    files.write_json(target / SETTINGS, to_json(told))


def load(model: Path | str) -> tuple[nn.Module, PictureModelSettings]:
    """What `save` wrote, in evaluation mode.

    Raises:
        InputError: a file is missing or damaged.
        SettingsError: a setting is unknown.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as unpacked

    source = Path(model)
    value = files.read_json(source / SETTINGS)
    try:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
        told = PictureModelSettings(**values)
        net = build(told)
        net.load_state_dict(unpacked(files.read_bytes(source / WEIGHTS)))
        return net.eval(), told
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"{source}: is damaged ({reason})", "Train the model anew, or copy it again"
        ) from error


def _look(side: int, levels: tuple[tuple[float, ...], tuple[float, ...]]) -> PictureSettings:
    (r, g, b), (x, y, z) = levels
    return PictureSettings(side, side, side, 2, (r, g, b), (x, y, z))


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """A transformers configuration without what only tells where it came from."""
    left_out = ("_name_or_path", "transformers_version", "architectures", "dtype", "model_type")
    return {key: value for key, value in config.items() if key not in left_out}
