"""Networks that are trained on pictures rather than on stored vectors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from matchcut.errors import SettingsError
from matchcut.models.fusion import Answers, Clips, FusionNet


class TowerFusion(nn.Module):
    """A vision tower whose last layers learn, and a fusion network on its vectors.

    The tower's other parts stay as they were, and need no gradient.

    Args:
        tower: transformers' CLIP or SigLIP vision tower.
        fusion: takes vectors of the tower's width.
        layers: how many of the tower's last layers learn; its last norm and projection learn with them.

    Raises:
        SettingsError: the tower has not so many layers.
    """

    def __init__(self, tower: Any, fusion: FusionNet, layers: int = 1) -> None:
        super().__init__()
        self.tower, self.fusion = tower.requires_grad_(False), fusion
        body = getattr(tower, "vision_model", tower)
        deep = body.encoder.layers
        if not 0 <= layers <= len(deep):
            raise SettingsError(f"the tower has {len(deep)} layers; {layers} cannot learn", "Choose fewer")
        if layers:
            learning = [*deep[-layers:], body.post_layernorm]
            learning += [
                part for name in ("visual_projection",) if (part := getattr(tower, name, None)) is not None
            ]
            learning += [part for name in ("head",) if (part := getattr(body, name, None)) is not None]
            for part in learning:
                part.requires_grad_(True)

    def train(self, mode: bool = True) -> TowerFusion:
        """The tower stays in evaluation mode: its statistics are those of its own training."""
        super().train(mode)
        self.tower.eval()
        return self

    def forward(self, pictures: Tensor, clips: Clips) -> Answers:
        """Answers for clips whose vectors are made here.

        Args:
            pictures: normalised, (B, T, 3, height, width).
            clips: the words and masks; its ``video`` is not read.
        """
        size, frames = pictures.shape[:2]
        # Only frames that are there are encoded: padding costs nothing.
        seen = clips.video_mask
        given = self.tower(pixel_values=pictures[seen])
        projected = getattr(given, "image_embeds", None)
        vectors = given.pooler_output if projected is None else projected
        video = vectors.new_zeros(size, frames, vectors.shape[-1])
        video = video.masked_scatter(seen.unsqueeze(-1), vectors)
        out: Answers = self.fusion(clips._replace(video=video))
        return out


class VideoMae(nn.Module):
    """VideoMAE (arXiv 2203.12602) with a linear classifier on its averaged tokens: today's video-only baseline.

    Args:
        body: transformers' ``VideoMAEModel``.
        classes: of the answer.
        frozen: train the classifier alone.
    """

    def __init__(self, body: Any, classes: int, frozen: bool = False) -> None:
        super().__init__()
        self.body, self.frozen = body.requires_grad_(not frozen), frozen
        self.norm = nn.LayerNorm(body.config.hidden_size)
        self.classify = nn.Linear(body.config.hidden_size, classes)

    @property
    def frames(self) -> int:
        """Pictures a clip."""
        return int(self.body.config.num_frames)

    @property
    def size(self) -> int:
        """Side of a picture in pixels."""
        return int(self.body.config.image_size)

    def forward(self, video: Tensor) -> Tensor:
        """(B, frames, 3, size, size), normalised pictures -> logits (B, classes)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            tokens = self.body(pixel_values=video).last_hidden_state
        out: Tensor = self.classify(self.norm(tokens.mean(1)))
        return out


def untrained_video_mae(classes: int, tiny: bool = False, seed: int = 0) -> VideoMae:
    """VideoMAE of random weights: ViT-B, or a tiny network of the same architecture."""
    from transformers import VideoMAEConfig, VideoMAEModel

    torch.manual_seed(seed)
    small: dict[str, Any] = {
        "image_size": 32, "patch_size": 8, "num_frames": 8, "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 64, "tubelet_size": 2,
    }  # fmt: skip
    return VideoMae(VideoMAEModel(VideoMAEConfig(**(small if tiny else {}))), classes)
