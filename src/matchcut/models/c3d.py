"""C3D (arXiv 1412.0767), the seed paper's baseline: 3D convolutions and a linear classifier."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from matchcut.models.settings import check


@dataclass(frozen=True)
class C3DSettings:
    """What a C3D is made of.

    Attributes:
        frames: pictures a clip.
        size: side of a picture in pixels; 112 in the paper.
        width: channels of the first convolution; 64 in the paper, the others follow.
        dense: width of fc6 and fc7; 4096 in the paper.
        dropout: share dropped after fc6 and fc7.
        classes: of the answer.

    Raises:
        SettingsError: a value is out of its range.
    """

    frames: int = 16
    size: int = 112
    width: int = 64
    dense: int = 4096
    dropout: float = 0.5
    classes: int = 6

    def __post_init__(self) -> None:
        check("frames", self.frames, 1)
        check("size", self.size, 16)
        for name in ("width", "dense", "classes"):
            check(name, getattr(self, name), 1)
        check("dropout", self.dropout, 0, 0.95)


class C3D(nn.Module):
    """(B, T, 3, size, size), normalised pictures -> logits (B, classes)."""

    def __init__(self, how: C3DSettings) -> None:
        super().__init__()
        self.how = how
        a, b, c, d = how.width, 2 * how.width, 4 * how.width, 8 * how.width
        # (channels, pooled by): time is first halved after the second convolution.
        plan: tuple[tuple[int, tuple[int, int, int] | None], ...] = (
            (a, (1, 2, 2)), (b, (2, 2, 2)), (c, None), (c, (2, 2, 2)), (d, None), (d, (2, 2, 2)), (d, None),
            (d, (2, 2, 2)),
        )  # fmt: skip
        layers: list[nn.Module] = []
        before, time, side = 3, how.frames, how.size
        for channels, pool in plan:
            layers += [nn.Conv3d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
            if pool is not None:
                layers.append(nn.MaxPool3d(pool, pool, ceil_mode=True))
                time, side = -(-time // pool[0]), -(-side // pool[1])
            before = channels
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(before * time * side * side, how.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(how.dropout),
            nn.Linear(how.dense, how.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(how.dropout),
        )
        self.classify = nn.Linear(how.dense, how.classes)

    def features(self, video: Tensor) -> Tensor:
        """The values of fc7, (B, dense), that the paper's linear classifier sees."""
        out: Tensor = self.dense(self.convolutions(video.transpose(1, 2)))
        return out

    def forward(self, video: Tensor) -> Tensor:
        out: Tensor = self.classify(self.features(video))
        return out
