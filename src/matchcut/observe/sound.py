"""One pass over a recording's sound: the loudness of all, of the crowd and of the voices, and whistles."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError, ValidationError
from matchcut.media.opening import Damage, open_media
from matchcut.media.sound import SoundCursor
from matchcut.observe.loudness import FLOOR_LUFS, MOMENTARY_S, Spectra, averaged, k_response, lufs
from matchcut.observe.voices import VOICE_HZ, crowd_and_voice
from matchcut.observe.whistle import Whistle, cells, tones, whistles
from matchcut.progress import Progress, silent

RATE = 10.0
"""Values a second of a `SoundTrack`."""
HIGHEST_RATE = 48000
BLOCK_S = 8.0

Values = NDArray[np.float32]
Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SoundTrack:
    """What a recording sounds like over its time.

    Attributes:
        loudness: momentary loudness (400 ms) in LUFS, shape (T,); `FLOOR_LUFS` is silence.
        crowd: that of the steady sound, as far as it can be told from the voices, in LUFS.
        voice: that of speech, as far as it can be told from the crowd, in LUFS.
        whistles: in order.
        rate: values a second; value ``t`` stands for second ``t / rate``.
        notes: sentences for the user: what was damaged, what is missing.

    Raises:
        ValidationError: the arrays differ in length or hold anything but finite numbers.
    """

    loudness: Values
    crowd: Values
    voice: Values
    whistles: tuple[Whistle, ...] = ()
    rate: float = RATE
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("loudness", "crowd", "voice"):
            values = np.asarray(getattr(self, name), dtype=np.float32)
            object.__setattr__(self, name, values)
            if values.shape != (len(self.loudness),) or not np.isfinite(values).all():
                raise ValidationError(
                    f"{name} needs the shape ({len(self.loudness)},) and finite values, not {values.shape}",
                    "Give one value a time step",
                )
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ValidationError(f"a track needs a rate above 0, not {self.rate}", "Set it")

    def __len__(self) -> int:
        return len(self.loudness)

    @property
    def times(self) -> NDArray[np.float64]:
        """The recording second of each value, shape (T,)."""
        return np.arange(len(self)) / self.rate

    @property
    def duration(self) -> float:
        """Seconds that the values cover."""
        return len(self) / self.rate

    def save(self, path: Path | str) -> Path:
        """Writes the track as ``.npz`` (plain arrays, no pickles), whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        blows = [dataclasses.astuple(whistle) for whistle in self.whistles]
        head = json.dumps({"rate": self.rate, "notes": self.notes, "whistles": blows})
        with files.replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(
                stream, loudness=self.loudness, crowd=self.crowd, voice=self.voice, head=np.array(head)
            )
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> SoundTrack:
        """Reads what `save` wrote.

        Raises:
            InputError: it is missing, cut off or another kind of file.
        """
        try:
            with np.load(io.BytesIO(files.read_bytes(path)), allow_pickle=False) as data:
                head = json.loads(str(data["head"]))
                blows = tuple(Whistle(*blow) for blow in head["whistles"])
                arrays = (data["loudness"], data["crowd"], data["voice"])
                return cls(*arrays, blows, head["rate"], tuple(head["notes"]))
        except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(
                f"{path}: not a sound track ({error})", "Delete it; it will be made anew"
            ) from error


def listen(path: Path | str, progress: Progress = silent) -> SoundTrack:
    """Everything that is heard in a recording, in one pass and about 2 MB an hour.

    Mono is measured as one channel and anything else as two, as BS.1770-4 has them; surround sound is mixed
    down to two first, so its loudness differs from the standard's by the mix. A recording without sound gives
    an empty track with a note.

    Args:
        path: a video or sound file.
        progress: told the seconds done and the seconds there are (or seem to be).

    Raises:
        InputError: the file cannot be read.
    """
    damage = Damage()
    with open_media(path) as source:
        stream = source.audio
        if stream is None:
            return _nothing(f"{path}: has no sound")
        rate = min(stream.rate, HIGHEST_RATE)
        total = (source.container.duration or 0) / 1_000_000
        cursor = SoundCursor(source, rate, "mono" if stream.layout.nb_channels == 1 else "stereo", damage)
        cursor.seek(0.0)
        ears = Ears(rate)
        done = 0
        while (block := cursor.available(round(BLOCK_S * rate))).shape[1]:
            ears.add(block)
            done += block.shape[1]
            progress(done / rate, max(total, done / rate))
    track = ears.finish()
    return dataclasses.replace(track, notes=(*damage.notes(path), *track.notes))


def _nothing(why: str) -> SoundTrack:
    """The track of a recording that cannot be heard."""
    return SoundTrack(np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32), notes=(why,))


class Ears:
    """Takes a sound block by block, for whoever decodes it anyway; see `listen`.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._spectra = Spectra(rate)
        frequencies = self._spectra.frequencies
        weighted = k_response(frequencies, rate)
        voice = (frequencies >= VOICE_HZ[0]) & (frequencies <= VOICE_HZ[1])
        self._bands = np.column_stack([weighted, weighted * voice]).astype(np.float32)
        self._cells = cells(frequencies)
        self._powers: list[Values] = []
        self._tones: list[tuple[Values, Values]] = []
        self._samples, self._rate = 0, rate

    def add(self, block: Samples) -> None:
        """Takes the next block, of shape (channels, n)."""
        self._samples += block.shape[1]
        # A broken decoder may give anything; one such value would spoil the spectra of a whole block.
        power = self._spectra.add(np.nan_to_num(np.clip(block, -8, 8)))
        self._powers.append(power @ self._bands)
        self._tones.append(tones(power @ self._cells))

    def finish(self) -> SoundTrack:
        """What was heard, when all blocks were given."""
        if not self._samples:
            return _nothing("the sound is empty")
        a_second = self._spectra.frames_per_s
        last = np.zeros((2, self._spectra.hop), dtype=np.float32)
        self.add(last[: self._spectra.channels])
        powers = np.concatenate(self._powers)
        grid = np.arange(math.ceil((self._samples - self._spectra.hop) / self._rate * RATE + 1)) / RATE
        places = np.minimum(np.round(grid * a_second).astype(int), len(powers) - 1)
        loudness = lufs(averaged(powers[:, 0], round(MOMENTARY_S * a_second)))[places]
        crowd, voice = crowd_and_voice(powers[:, 0], powers[:, 1], a_second, places)
        stands_out, frequency = (np.concatenate(part) for part in zip(*self._tones, strict=True))
        notes = ("the sound is silent throughout",) if loudness.max() <= FLOOR_LUFS else ()
        blows = whistles(stands_out, frequency, a_second)
        levels = [level.astype(np.float32) for level in (loudness, crowd, voice)]
        return SoundTrack(levels[0], levels[1], levels[2], blows, RATE, notes)
