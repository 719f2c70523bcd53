"""Made-up broadcasts: views of a pitch, passages between them, crowd, voices, whistles."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 128, 72
GRASS = np.array([62, 120, 40])


def long_shot(seconds: float = 0.0, seed: int = 0, brightness: float = 1.0) -> np.ndarray:
    """The play from afar: a stand, striped grass, small figures that run; the camera pans with the seconds."""
    rng = np.random.default_rng(seed)
    wide = 4 * WIDTH
    picture = np.zeros((HEIGHT, wide, 3))
    stand = rng.integers(30, 200, (HEIGHT, wide, 3))
    stripes = 1 + 0.06 * np.sign(np.sin(np.arange(wide) / 12))
    picture[:] = GRASS * stripes[None, :, None]
    picture[:20] = stand[:20]
    for _ in range(30):
        x, y = rng.integers(0, wide - 2), rng.integers(24, HEIGHT - 5)
        picture[y : y + 4, x : x + 2] = rng.choice([[230, 220, 40], [150, 20, 20]])
    left = int(20 + 6 * seconds)
    return np.clip(picture[:, left : left + WIDTH] * brightness, 0, 255).astype(np.uint8)


def close_up(seconds: float = 0.0, seed: int = 1) -> np.ndarray:
    """A player before the grass, who sways."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH, 3))
    picture[:] = GRASS * 1.05
    middle = int(WIDTH // 2 + 6 * np.sin(seconds))
    picture[12:28, middle - 8 : middle + 8] = [190, 140, 110]
    picture[28:, middle - 18 : middle + 18] = rng.integers(60, 230, 3)
    return picture.astype(np.uint8)


def stand(seconds: float = 0.0, seed: int = 2) -> np.ndarray:
    """The crowd alone."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(20, 235, (HEIGHT // 6, WIDTH // 4, 3)).repeat(6, 0).repeat(4, 1)
    picture[..., 1] = picture[..., 1] * 0.6
    return np.roll(picture, int(4 * seconds), axis=1).astype(np.uint8)


def logo(share: float) -> np.ndarray:
    """The animation between play and replay, a red and white figure that fills the picture."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    picture = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    rings = (np.hypot(x - WIDTH / 2, y - HEIGHT / 2) / (6 + 6 * share)).astype(int) % 2
    picture[rings == 0] = [220, 20, 30]
    picture[rings == 1] = [240, 240, 250]
    return picture


class Film:
    """Pictures put one after another, and where they pass from shot to shot."""

    def __init__(self, rate: int = 25) -> None:
        self.rate = rate
        self.pictures: list[np.ndarray] = []
        self.passages: list[tuple[float, float, str]] = []

    @property
    def seconds(self) -> float:
        return len(self.pictures) / self.rate

    def shot(self, view, seconds: float, **how) -> Film:
        """A shot, by a cut unless a dissolve or a wipe came before."""
        if self.pictures and not (self.passages and abs(self.passages[-1][1] - self.seconds) < 1e-6):
            self.passages.append((self.seconds - 1 / self.rate, self.seconds, "cut"))
        self.pictures += [view(n / self.rate, **how) for n in range(round(seconds * self.rate))]
        return self

    def dissolve(self, view, seconds: float = 0.6, **how) -> Film:
        """A dissolve from the last picture to a view."""
        start, count = self.seconds, round(seconds * self.rate)
        old, new = self.pictures[-1].astype(float), view(0.0, **how).astype(float)
        shares = [(n + 1) / (count + 1) for n in range(count)]
        self.pictures += [((1 - s) * old + s * new).astype(np.uint8) for s in shares]
        self.passages.append((start, self.seconds, "dissolve"))
        return self

    def wipe(self, seconds: float = 0.6) -> Film:
        """The animation."""
        start, count = self.seconds, round(seconds * self.rate)
        self.pictures += [logo(n / count) for n in range(count)]
        self.passages.append((start, self.seconds, "wipe"))
        return self

    def small(self) -> list[tuple[float, np.ndarray]]:
        """What a `ShotFinder` takes, without a codec in between."""
        return [(n / self.rate, planes(picture)) for n, picture in enumerate(self.pictures)]

    def write(
        self, path: Path, times: list[Fraction] | None = None, options: dict[str, str] | None = None
    ) -> Path:
        """The film as a video file; the frames at other times if they are given."""
        with av.open(f"file:{path}", "w") as out:
            fixed = {"crf": "20", "preset": "ultrafast", "g": "50", "bf": "2"}
            stream = out.add_stream("libx264", rate=self.rate, options={**fixed, **(options or {})})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.codec_context.thread_count = 1
            stream.codec_context.time_base = Fraction(1, 12800)
            for number, picture in enumerate(self.pictures):
                frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv420p", threads=1)
                frame.time_base = Fraction(1, 12800)
                frame.pts = round((times[number] if times else Fraction(number, self.rate)) * 12800)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        return path


def planes(picture: np.ndarray) -> np.ndarray:
    """A picture as 64 × 36 luma and colour differences in video range (BT.601)."""
    height, width = picture.shape[:2]
    small = picture.reshape(36, height // 36, 64, width // 64, 3).mean((1, 3))
    red, green, blue = np.moveaxis(small, -1, 0)
    luma = 16 + (65.5 * red + 128.6 * green + 25.0 * blue) / 255
    u = 128 + (-37.8 * red - 74.2 * green + 112.0 * blue) / 255
    v = 128 + (112.0 * red - 93.8 * green - 18.2 * blue) / 255
    return np.clip(np.stack([luma, u, v]), 0, 255).astype(np.uint8)


def crowd(seconds: float, rate: int, seed: int = 0, level: float = 0.05) -> np.ndarray:
    """Noise that falls off towards high frequencies as a crowd's does, of a given root mean square."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    spectrum = np.fft.rfft(rng.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / rate)
    noise = np.fft.irfft(spectrum / (1 + (hertz / 900) ** 1.5) * (hertz > 80), count)
    return (noise * level / noise.std()).astype(np.float32)


def voice(seconds: float, rate: int, seed: int = 0, level: float = 0.05) -> np.ndarray:
    """Harmonics of a gliding pitch, louder and quieter with the syllables."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    pitch = 130 + 30 * np.sin(2 * np.pi * 0.7 * t + rng.uniform(0, 6)) + 12 * np.sin(2 * np.pi * 2.9 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    sound = sum(np.sin(k * phase) / k for k in range(1, 30))
    sound = sound * np.clip(np.sin(2 * np.pi * 4.3 * t), 0, None) ** 0.7 * (np.sin(2 * np.pi * 0.31 * t) > -0.6)
    return (sound * level / sound.std()).astype(np.float32)


def whistle(seconds: float, rate: int, kind: str = "pealess", level: float = 0.05) -> np.ndarray:
    """One blow of a referee's whistle."""
    t = np.arange(round(seconds * rate)) / rate
    if kind == "pealess":
        sound = np.sin(2 * np.pi * 3730 * t) + 0.8 * np.sin(2 * np.pi * 4150 * t)
    else:
        phase = 2 * np.pi * (2980 * t) + 2.0 * np.sin(2 * np.pi * 34 * t)
        sound = np.sin(phase) * (1 + 0.4 * np.sin(2 * np.pi * 34 * t))
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    sound = sound * edge
    return (sound * level / np.sqrt((sound**2).mean())).astype(np.float32)
