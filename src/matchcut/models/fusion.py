"""Clips classified from pictures and words: the seed paper's fusion network, and its parts switched.

Vectors of frames and of words get sinusoidal positions and go through a three-stage pyramid each (linear, norm,
GELU). Multi-head attention looks over both together; a gate weighs, frame by frame and dimension by dimension,
what the frame says against what the words say. The frames are pooled over time (a mean in the paper), go
through three dense layers with batch norm, GELU and dropout, and the pooled input is added to what comes out.

Shapes: B clips, T frames, U pieces of words. Padding may hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from matchcut.models.settings import check, choice
from matchcut.models.temporal import TEMPORAL, sinusoids

MODALITIES = ("both", "video", "words")


@dataclass(frozen=True)
class FusionSettings:
    """What a fusion network is made of.

    Attributes:
        video_width, words_width: numbers of a frame's and of a piece of words' vector.
        pyramid: widths of the three stages; the last is the network's own.
        heads: of the attention over both modalities.
        temporal: how frames become one vector: "mean" (the paper's), "transformer" or "gru".
        modalities: "both", "video" or "words": what the network may see.
        dense: widths of fc1 and fc2; fc3 has the network's own, so that the residual fits.
        dropout: share dropped.
        classes: of the single answer; 0 for no such head.
        labels: of the multi-label answer; 0 for none.
        pitches: kinds of pitch; 0 for no such head.
        speed: whether the pitch's speed is answered too.
        unit: scale the encoders' vectors to a mean square of one first (their lengths carry little).

    Raises:
        SettingsError: a value is out of its range, or there is no head at all.
    """

    video_width: int = 512
    words_width: int = 512
    pyramid: tuple[int, ...] = (512, 384, 256)
    heads: int = 8
    temporal: str = "mean"
    modalities: str = "both"
    dense: tuple[int, ...] = (512, 384)
    dropout: float = 0.3
    classes: int = 6
    labels: int = 0
    pitches: int = 0
    speed: bool = False
    unit: bool = True

    def __post_init__(self) -> None:
        choice("way over time", self.temporal, TEMPORAL)
        choice("modalities", self.modalities, MODALITIES)
        check("dropout", self.dropout, 0, 0.95)
        for name in ("video_width", "words_width", "heads"):
            check(name, getattr(self, name), 1)
        for name, count in (("pyramid", 3), ("dense", 2)):
            widths = getattr(self, name)
            check(f"the number of widths of {name}", len(widths), count, count)
            check(f"a width of {name}", min(widths), 2)
        check("widths left over by the heads", self.pyramid[-1] % self.heads, 0, 0)
        check("the odd part of the last width", self.pyramid[-1] % 2, 0, 0)
        check("the number of answers", self.classes + self.labels + self.pitches + self.speed, 1)


class Clips(NamedTuple):
    """A batch of clips.

    Attributes:
        video: (B, T, video_width).
        video_mask: bool (B, T): where there is a frame.
        words: (B, U, words_width).
        words_mask: bool (B, U).
        words_weight: (B, U), at least 0: what each piece counts (announcers' words weighted by their distance
            in time); 1 where nothing is known.
    """

    video: Tensor
    video_mask: Tensor
    words: Tensor
    words_mask: Tensor
    words_weight: Tensor


class Answers(NamedTuple):
    """What the network says; None where it has no such head.

    Attributes:
        classes: logits (B, classes).
        labels: logits (B, labels).
        pitches: logits (B, pitches).
        speed: (B,), in standard deviations from the training clips' mean.
        pooled: (B, width), the vector that the heads see.
    """

    classes: Tensor | None
    labels: Tensor | None
    pitches: Tensor | None
    speed: Tensor | None
    pooled: Tensor


class Pyramid(nn.Module):
    """Three stages of linear, norm and GELU; (B, T, given) -> (B, T, widths[-1])."""

    def __init__(self, given: int, widths: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for before, after in zip((given, *widths), widths, strict=False):
            stages += [nn.Linear(before, after), nn.LayerNorm(after), nn.GELU()]
        self.stages = nn.Sequential(*stages, nn.Dropout(dropout))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.stages(x)
        return out


class FusionNet(nn.Module):
    """See the module's text."""

    def __init__(self, how: FusionSettings) -> None:
        super().__init__()
        self.how = how
        width = how.pyramid[-1]
        self.video = Pyramid(how.video_width, how.pyramid, how.dropout)
        self.words = Pyramid(how.words_width, how.pyramid, how.dropout)
        # Stand in for a modality that a clip lacks.
        self.no_video = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.no_words = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.attention = nn.MultiheadAttention(width, how.heads, how.dropout, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(2 * width, width)
        self.over_time = TEMPORAL[how.temporal](width, how.dropout)
        sizes = (width, *how.dense, width)
        self.dense = nn.Sequential(
            *(
                part
                for before, after in pairwise(sizes)
                for part in (
                    nn.Linear(before, after),
                    nn.BatchNorm1d(after),
                    nn.GELU(),
                    nn.Dropout(how.dropout),
                )
            )
        )
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(width, size)
                for name, size in (
                    ("classes", how.classes),
                    ("labels", how.labels),
                    ("pitches", how.pitches),
                    ("speed", int(how.speed)),
                )
                if size
            }
        )

    def forward(self, clips: Clips) -> Answers:
        """Logits of every head for a batch of clips."""
        pooled = self.pooled(clips)
        said = pooled + self.dense(pooled)
        found = {name: head(said) for name, head in self.heads.items()}
        speed = found["speed"].squeeze(-1) if "speed" in found else None
        return Answers(found.get("classes"), found.get("labels"), found.get("pitches"), speed, said)

    def pooled(self, clips: Clips) -> Tensor:
        """One vector a clip, before the dense layers: (B, width)."""
        video, seen = self._enter(clips.video, clips.video_mask, self.video, self.no_video, "video")
        heard_mask = clips.words_mask & (clips.words_weight > 0)
        words, heard = self._enter(clips.words, heard_mask, self.words, self.no_words, "words")
        weight = torch.where(heard_mask, clips.words_weight, 0.0).to(words.dtype)
        weight = torch.cat([torch.ones_like(weight[:, :1]), weight], 1) * heard
        x, mask = torch.cat([video, words], 1), torch.cat([seen, heard], 1)
        # The weight of words enters as the logarithm, so that weight 0 is as good as not there.
        bias = torch.cat([torch.zeros_like(seen, dtype=x.dtype), weight.clamp(min=1e-6).log()], 1)
        bias = bias.masked_fill(~mask, float("-inf"))
        looked, _ = self.attention(x, x, x, key_padding_mask=bias, need_weights=False)
        x = self.norm(x + looked)
        frames, said = x[:, : video.shape[1]], x[:, video.shape[1] :]
        kept = torch.where(heard.unsqueeze(-1), said, torch.zeros((), dtype=said.dtype, device=said.device))
        share = weight.unsqueeze(-1)
        context = (kept * share).sum(1, keepdim=True) / share.sum(1, keepdim=True).clamp(min=1e-6)
        context = context.expand_as(frames)
        gate = torch.sigmoid(self.gate(torch.cat([frames, context], -1)))
        out: Tensor = self.over_time(gate * frames + (1 - gate) * context, seen)
        return out

    def apart(self, clips: Clips) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Both modalities after their pyramids, before they meet: (vectors, mask) of pictures and of words."""
        heard = clips.words_mask & (clips.words_weight > 0)
        return (
            self._enter(clips.video, clips.video_mask, self.video, self.no_video, "video"),
            self._enter(clips.words, heard, self.words, self.no_words, "words"),
        )

    def _enter(
        self, x: Tensor, mask: Tensor, pyramid: Pyramid, absent: Tensor, name: str
    ) -> tuple[Tensor, Tensor]:
        """Vectors through their pyramid, before them the stand-in, which counts where nothing else does."""
        if self.how.modalities not in ("both", name):
            mask = torch.zeros_like(mask)
        x = torch.where(mask.unsqueeze(-1), x, torch.zeros((), dtype=x.dtype, device=x.device))
        if self.how.unit:
            x = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
        # Positions count what is there: a frame after a gap in the padding stands where it would without.
        place = (mask.cumsum(1) - 1).clamp(min=0)
        positions = sinusoids(x.shape[1], x.shape[2] + x.shape[2] % 2, x)[:, : x.shape[2]]
        x = pyramid(x + positions[place])
        x = torch.cat([absent.to(x.dtype).expand(len(x), -1, -1), x], 1)
        return x, torch.cat([~mask.any(1, keepdim=True), mask], 1)
