"""Media for tests, made with PyAV: every frame says its own number, and beeps sound at known times."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 12
BEEP_HZ = 1000


def draw_number(number: int, width: int, height: int, flash: bool = False) -> np.ndarray:
    """A picture whose upper half is a bar code of the frame number; the lower half is white when it flashes."""
    image = np.full((height, width, 3), 64, dtype=np.uint8)
    edges = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        if number >> bit & 1:
            image[: height // 2, edges[bit] : edges[bit + 1]] = 230
        else:
            image[: height // 2, edges[bit] : edges[bit + 1]] = 20
    if flash:
        image[height // 2 :] = 250
    return image


def read_number(image: np.ndarray) -> int:
    """The frame number that a picture shows."""
    height, width = image.shape[:2]
    edges = np.linspace(0, width, BITS + 1).astype(int)
    number = 0
    for bit in range(BITS):
        middle = slice((edges[bit] * 3 + edges[bit + 1]) // 4 + 1, (edges[bit] + 3 * edges[bit + 1]) // 4)
        number |= int(image[height // 8 : height // 3, middle].mean() > 128) << bit
    return number


def is_flash(image: np.ndarray) -> bool:
    """Whether the lower half is white."""
    return bool(image[image.shape[0] * 5 // 8 :].mean() > 160)


@dataclass(frozen=True)
class Make:
    """What to make; `video` writes it."""

    frames: int = 150
    rate: Fraction = Fraction(25)
    width: int = 192
    height: int = 96
    sound: bool = True
    sound_rate: int = 48000
    channels: int = 1
    gop: int = 25
    options: dict[str, str] = field(default_factory=dict)
    b_frames: int = 2
    start: Fraction = Fraction(0)
    times: Sequence[Fraction] | None = None
    beeps: Iterable[float] = ()
    codec: str = "libx264"
    sound_codec: str = "aac"
    pix_fmt: str = "yuv420p"
    time_base: Fraction | None = None
    matrix: tuple[int, ...] | None = None
    format: str | None = None

    def shown(self) -> list[Fraction]:
        """When each frame is shown, before the start time is added."""
        return list(self.times) if self.times is not None else [n / self.rate for n in range(self.frames)]

    @property
    def length(self) -> Fraction:
        """Seconds of picture."""
        return self.shown()[-1] + 1 / self.rate


def tone(count: int, rate: int, beeps: Iterable[float], beep_s: float = 0.1) -> np.ndarray:
    """Silence with beeps that begin at given seconds."""
    samples = np.zeros(count, dtype=np.float32)
    t = np.arange(count) / rate
    for at in beeps:
        inside = (t >= at) & (t < at + beep_s)
        samples[inside] = 0.6 * np.sin(2 * np.pi * BEEP_HZ * (t[inside] - at))
    return samples


def video(path: Path, make: Make = Make()) -> Path:
    """Writes the recording; frames flash for 0.1 s where beeps sound."""
    with av.open(f"file:{path}", "w", format=make.format) as out:
        stream = out.add_stream(make.codec, rate=make.rate, options=_options(make))
        stream.width, stream.height, stream.pix_fmt = make.width, make.height, make.pix_fmt
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = make.time_base or 1 / (make.rate * 1000)
        if make.matrix:
            stream.set_display_matrix(make.matrix)
        sound = out.add_stream(make.sound_codec, rate=make.sound_rate) if make.sound else None
        if sound is not None:
            sound.layout = "mono" if make.channels == 1 else "stereo"
        for number, time in enumerate(make.shown()):
            flash = any(at <= time < at + 0.1 for at in make.beeps)
            frame = av.VideoFrame.from_ndarray(draw_number(number, make.width, make.height, flash))
            frame = frame.reformat(format=make.pix_fmt, threads=1)
            frame.time_base = stream.codec_context.time_base
            frame.pts = round((time + make.start) / frame.time_base)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            _write_sound(out, sound, make, round(make.length * make.sound_rate))
    return path


def _options(make: Make) -> dict[str, str]:
    if make.codec != "libx264":
        return {}
    fixed = {"crf": "12", "preset": "ultrafast", "g": str(make.gop), "keyint_min": "1", "sc_threshold": "0"}
    return {**fixed, "bf": str(make.b_frames), "b_strategy": "0", **make.options}


def _write_sound(out: av.container.OutputContainer, sound: av.AudioStream, make: Make, count: int) -> None:
    samples = tone(count, make.sound_rate, make.beeps)
    offset = round(make.start * make.sound_rate)
    for place in range(0, count, 1024):
        block = np.tile(samples[place : place + 1024], (make.channels, 1))
        layout = "mono" if make.channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", layout)
        frame.sample_rate, frame.time_base = make.sound_rate, Fraction(1, make.sound_rate)
        frame.pts = place + offset
        if sound.codec_context.format.name != "fltp":
            for part in av.AudioResampler(format=sound.codec_context.format.name).resample(frame):
                out.mux(sound.encode(part))
        else:
            out.mux(sound.encode(frame))
    out.mux(sound.encode(None))


def sound_only(path: Path, seconds: float = 6.0, beeps: Iterable[float] = (), codec: str = "aac") -> Path:
    """A recording without a picture."""
    make = Make(frames=round(seconds * 25), beeps=tuple(beeps), sound_codec=codec)
    with av.open(f"file:{path}", "w") as out:
        sound = out.add_stream(codec, rate=make.sound_rate)
        sound.layout = "mono"
        _write_sound(out, sound, make, round(seconds * make.sound_rate))
    return path


def rotation_matrix(degrees_clockwise: int) -> tuple[int, ...]:
    """The display matrix of a turned camera, in 16.16 and 2.30 fixed point."""
    one, unit = 1 << 16, 1 << 30
    a, b, c, d = {
        90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)
    }[degrees_clockwise]  # fmt: skip
    return (a, b, 0, c, d, 0, 0, 0, unit)


def numbers(path: Path) -> list[int]:
    """The source frames that a video shows, in order."""
    with av.open(f"file:{path}") as container:
        return [
            read_number(f.to_ndarray(format="rgb24", threads=1))
            for f in container.decode(container.streams.video[0])
        ]


def frame_times(path: Path) -> list[float]:
    """When each frame is shown, from the container's start on."""
    with av.open(f"file:{path}") as container:
        start = (container.start_time or 0) / 1e6
        return [float(f.time) - start for f in container.decode(container.streams.video[0])]


def flashes(path: Path) -> list[float]:
    """When the picture begins to flash."""
    with av.open(f"file:{path}") as container:
        start = (container.start_time or 0) / 1e6
        seen = [
            (float(f.time) - start, is_flash(f.to_ndarray(format="rgb24", threads=1)))
            for f in container.decode(container.streams.video[0])
        ]
    return [t for (t, now), (_, before) in zip(seen, [(0.0, False), *seen], strict=False) if now and not before]


def samples_of(path: Path, rate: int = 48000) -> np.ndarray:
    """All the sound, mono, placed by its timestamps."""
    with av.open(f"file:{path}") as container:
        stream = container.streams.audio[0]
        start = (container.start_time or 0) / 1e6
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        parts, first = [], None
        for frame in container.decode(stream):
            first = float(frame.time) - start if first is None else first
            parts += [f.to_ndarray()[0] for f in resampler.resample(frame)]
        parts += [f.to_ndarray()[0] for f in resampler.resample(None)]
    return np.concatenate([np.zeros(max(round((first or 0) * rate), 0), np.float32), *parts])


def onsets(samples: np.ndarray, rate: int = 48000) -> list[float]:
    """When beeps begin."""
    size = rate // 500
    level = np.abs(samples[: len(samples) // size * size]).reshape(-1, size).max(axis=1) > 0.2
    starts, quiet = [], 100
    for number, loud in enumerate(level):
        if loud and quiet > 10:
            starts.append(number * size / rate)
        quiet = 0 if loud else quiet + 1
    return starts


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A piece of a PNG file, for hand-made pictures."""
    import zlib

    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
