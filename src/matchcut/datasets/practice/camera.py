"""The main camera: high above the near touchline, looking across the pitch.

It stands still and its picture is one wide flat image of the ground ("panorama"); panning is moving the window
that is cut out of it. That is true perspective, as with a shifting lens, and costs a copy a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.script import MIDDLE

_EYE_Y, _EYE_Z = -58.0, 27.0
_TILT = float(np.arctan2(_EYE_Z, MIDDLE - _EYE_Y))
_COS, _SIN = float(np.cos(_TILT)), float(np.sin(_TILT))

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A zoom of the main camera.

    Attributes:
        focal: pixels; how much a metre at one metre's distance takes.
        width, height: the panorama's size in pixels.
        top: image row of the optical axis.
    """

    focal: float
    width: int
    height: int
    top: float

    def project(self, x: Array, y: Array, z: Array | float) -> tuple[Array, Array, Array]:
        """Panorama column, row and scale (pixels a metre) of points on or above the pitch, in metres."""
        ahead = y - _EYE_Y
        depth = ahead * _COS + (_EYE_Z - z) * _SIN
        drop = (_EYE_Z - z) * _COS - ahead * _SIN
        scale = self.focal / depth
        return self.width / 2 + x * scale, self.top + drop * scale, scale

    def rays(self) -> tuple[Array, Array, Array]:
        """For each pixel the ray from the eye: (dx, dy, dz), each of shape (H, W), in metres."""
        columns = (np.arange(self.width, dtype=np.float64) + 0.5 - self.width / 2) / self.focal
        rows = (np.arange(self.height, dtype=np.float64) + 0.5 - self.top) / self.focal
        dx, down = np.meshgrid(columns.astype(np.float64), rows.astype(np.float64))
        return dx, _COS - down * _SIN, -_SIN - down * _COS


EYE = (0.0, _EYE_Y, _EYE_Z)


def camera_for(picture_width: int, metres: float) -> Camera:
    """The camera whose picture shows this many metres of the pitch's middle in its width."""
    depth = (MIDDLE - _EYE_Y) * _COS + _EYE_Z * _SIN
    focal = picture_width * depth / metres
    near = (-7.0 - _EYE_Y) * _COS + _EYE_Z * _SIN
    half_width = focal * 55.0 / near + 0.02 * picture_width
    top_angle, bottom_angle = 0.155, 0.19
    rows_up, rows_down = focal * np.tan(top_angle), focal * np.tan(bottom_angle)
    return Camera(focal, 2 * int(half_width), int(rows_up + rows_down), float(rows_up))
