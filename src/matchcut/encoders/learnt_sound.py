"""Sound as vectors that were learnt: a folder that ``train sound`` made, run by torch or, exported, without it.

The folder holds ``weights.safetensors``, ``sound.json`` (the network's settings and how it was trained) and a
card, ``README.md``; after an export ``network.onnx`` too. It can be copied elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.encoders.sound import SoundSettings, mel_filters
from matchcut.encoders.store import FeatureKey
from matchcut.errors import InputError, RequiresExtra
from matchcut.media.sound import read_sound
from matchcut.models.settings import choice, from_json
from matchcut.models.sound_settings import SoundNetSettings

if TYPE_CHECKING:
    from matchcut.models.sound import SoundNet

FILE, WEIGHTS, NETWORK, CARD = "sound.json", "weights.safetensors", "network.onnx", "README.md"
VERSION = 1
BACKENDS = ("auto", "torch", "onnx")

_BATCH = 64

Floats = NDArray[np.float32]
Runner = Callable[[Floats], Floats]


class SoundEncoder:
    """Makes vectors of sound, row by row. Made by `load_sound`.

    Args:
        settings: the network's.
        run: patches (N, frames, bands) → (N, width).
        identity: changes with weights and settings, not with what runs them.
    """

    def __init__(self, settings: SoundNetSettings, run: Runner, identity: str) -> None:
        self.settings, self.run, self.identity = settings, run, identity

    def key(self, source: str) -> FeatureKey:
        """Where a store keeps the sound of a source (`matchcut.files.content_key`)."""
        rate = self.settings.rate
        return FeatureKey(f"sound {self.identity}", source, 0.5 / rate, 0.0, rate)

    def vectors(self, path: Path | str) -> NDArray[np.float16]:
        """A recording's sound, shape (T, width), in memory that does not grow with the sound itself.

        Raises:
            InputError: the file has no sound, or cannot be read.
        """
        found = [self.run(patches) for patches in patches_of(mel_frames(path, self.settings), self.settings)]
        if not found:
            raise InputError(f"{path}: has no sound", "Leave sound out of the modalities")
        return np.concatenate(found).astype(np.float16)


def load_sound(folder: Path | str, backend: str = "auto") -> SoundEncoder:
    """Reads a folder that ``train sound`` wrote.

    Args:
        folder: the encoder's.
        backend: "torch", "onnx" (after an export), or "auto": onnx where it was exported.

    Raises:
        InputError: a file is missing or damaged.
        SettingsError: there is no such backend.
        RequiresExtra: torch is wanted and not installed.
    """
    choice("backend", backend, BACKENDS)
    place = Path(folder)
    settings = read_sound_settings(place)
    if backend == "auto":
        backend = "onnx" if (place / NETWORK).exists() else "torch"
    run = _onnx(place / NETWORK) if backend == "onnx" else _torch(place, settings)
    return SoundEncoder(settings, run, sound_identity(place))


def sound_identity(folder: Path) -> str:
    """Names the weights and the network's settings, without loading them.

    Raises:
        InputError: a file is missing.
    """
    told = repr(read_sound_settings(folder)).encode()
    return hashlib.sha256(told + files.read_bytes(folder / WEIGHTS)).hexdigest()[:16]


def read_sound_settings(folder: Path) -> SoundNetSettings:
    """The network's settings of a folder.

    Raises:
        InputError: the folder is no sound encoder's.
        SettingsError: a setting is wrong.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"{folder}: holds no sound encoder", "Name a folder that train sound wrote")
    value = files.read_json(path)
    if not isinstance(value, dict) or value.get("version") != VERSION:
        raise InputError(f"{path}: is no sound encoder's, or of another version", "Train it anew")
    return from_json(SoundNetSettings, value.get("network", {}), str(path))


def mel_frames(path: Path | str, how: SoundNetSettings) -> Iterator[Floats]:
    """A recording's log-mel energies piece by piece, (n, bands) each; ``log10`` of power.

    Spectrum ``f`` begins at second ``f * hop_s``; at the end the sound is filled up with silence.

    Raises:
        InputError: the file has no sound, or cannot be read.
    """
    filters = mel_filters(SoundSettings(bands=how.bands, samples=how.samples, window_s=how.window_s,
                                        hop_s=how.hop_s)).T  # fmt: skip
    size, hop = round(how.window_s * how.samples), round(how.hop_s * how.samples)
    window = np.hanning(size).astype(np.float32)
    left = np.empty(0, np.float32)
    for _, block in read_sound(path, how.samples, 5.0):
        left = np.concatenate([left, block])
        count = max(0, (len(left) - size) // hop + 1)
        if count:
            yield _levels(left, count, window, hop, filters)
            left = left[count * hop :]
    if len(left):
        count = -(-len(left) // hop)
        yield _levels(np.pad(left, (0, (count - 1) * hop + size - len(left))), count, window, hop, filters)


def _levels(samples: Floats, count: int, window: Floats, hop: int, filters: Floats) -> Floats:
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(window))[::hop][:count] * window
    power = np.abs(np.fft.rfft(frames, axis=1)).astype(np.float32) ** 2
    levels: Floats = np.log10(power @ filters + 1e-8)
    return levels


def patches_of(blocks: Iterator[Floats], how: SoundNetSettings) -> Iterator[Floats]:
    """The patches of all rows in turn, up to 64 at once, (N, frames, bands).

    A patch that reaches over an edge of the recording repeats the first or the last spectrum.
    """
    held, first, row, ended = np.empty((0, how.bands), np.float32), 0, 0, False
    while not ended:
        block = next(blocks, None)
        ended = block is None
        held = held if block is None else np.concatenate([held, block])
        known = first + len(held)
        while known and (ended or first_frame(row + _BATCH, how) + how.frames <= known):
            rows = np.arange(row, min(row + _BATCH, rows_of(known, how) if ended else row + _BATCH))
            if not len(rows):
                return
            starts = np.array([first_frame(int(at), how) for at in rows])
            wanted = np.clip(starts[:, None] + np.arange(how.frames), 0, known - 1)
            yield held[wanted - first]
            row = int(rows[-1]) + 1
            gone = max(0, min(first_frame(row, how), known - 1) - first)
            held, first = held[gone:], first + gone


def first_frame(row: int, how: SoundNetSettings) -> int:
    """The first spectrum of a row's patch, which is centred on the row's middle; below 0 at the beginning."""
    return round(((row + 0.5) / how.rate - how.patch_s / 2) / how.hop_s)


def rows_of(frames: int, how: SoundNetSettings) -> int:
    """How many rows so many spectra of a whole recording give."""
    return int(np.ceil(round(frames * how.hop_s * how.rate, 6)))


def load_sound_net(folder: Path, settings: SoundNetSettings) -> SoundNet:
    """The network with its weights, in evaluation mode.

    Raises:
        InputError: the weights are missing, damaged, or of another network.
        RequiresExtra: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("a sound encoder that was not exported to ONNX", "train")
    from safetensors import SafetensorError
    from safetensors.torch import load

    from matchcut.models.sound import SoundNet

    net = SoundNet(settings)
    try:
        net.load_state_dict(load(files.read_bytes(folder / WEIGHTS)))
    except (SafetensorError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{folder / WEIGHTS}: not the weights of this network ({reason})", "Train it anew"
        ) from error
    return net.eval()


def _torch(folder: Path, settings: SoundNetSettings) -> Runner:
    net = load_sound_net(folder, settings)
    import torch

    def run(patches: Floats) -> Floats:
        with torch.inference_mode():
            found: Floats = net.vectors(torch.from_numpy(patches)).numpy()
        return found

    return run


def _onnx(path: Path) -> Runner:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    data = files.read_bytes(path)
    try:
        session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own kinds share no base class
        reason = str(error).splitlines()[0][:120]
        raise InputError(f"{path}: not a network ({reason})", "Export it again") from error

    def run(patches: Floats) -> Floats:
        given: dict[str, Any] = {"patches": patches}
        return np.asarray(session.run(["vectors"], given)[0], np.float32)

    return run


__all__ = ["SoundEncoder", "load_sound", "mel_frames", "patches_of", "sound_identity"]
