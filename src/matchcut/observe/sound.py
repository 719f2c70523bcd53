"""One pass over a recording's sound: the loudness of all, of the crowd and of the voices, and whistles."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.errors import InputError, ValidationError
from matchcut.observe.loudness import FLOOR_LUFS, MOMENTARY_S, Spectra, averaged, k_response, lufs
from matchcut.observe.voices import VOICE_HZ, crowd_and_voice
from matchcut.observe.whistle import Cells, Whistle, tones, whistles
from matchcut.progress import Progress, silent

RATE = 10.0
"""Values a second of a `SoundTrack`."""

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
    """Everything that is heard in a recording; see `matchcut.observe.watch.observe`.

    A recording without sound gives an empty track with a note.

    Args:
        path: a video or sound file.
        progress: told the seconds done and the seconds there are.

    Raises:
        InputError: the file cannot be read.
    """
    from matchcut.observe.watch import observe

    track = observe(path, ["sound"], progress=progress).sound
    return no_sound("the sound is empty") if track is None else track


@dataclass(frozen=True, eq=False)
class SoundPart:
    """What was heard in a stretch of the recording: one row for each spectrum, of which there are 40 a second.

    Attributes:
        first: the number of its first spectrum in the recording.
        samples: of the whole recording, how many there are up to the end of what was heard.
        powers: K-weighted power, of everything and of the voices' band, shape (n, 2).
        tones: how far the strongest tone stands out, in dB, and its frequency in Hz, shape (n, 2).
    """

    first: int
    samples: int
    powers: Values
    tones: Values


class Ears:
    """Takes the sound of a recording, or of a stretch of it, block by block.

    Args:
        rate: samples a second.
        first: the number of the first spectrum to tell of; the sound must be given from `lead` on.
    """

    def __init__(self, rate: int, first: int = 0) -> None:
        self._spectra = Spectra(rate)
        frequencies = self._spectra.frequencies
        self._whole = k_response(frequencies, rate).astype(np.float32)
        low, high = np.searchsorted(frequencies, [VOICE_HZ[0], np.nextafter(VOICE_HZ[1], np.inf)])
        self._voice = slice(int(low), int(high))
        self._cells = Cells(frequencies)
        self._powers: list[Values] = []
        self._tones: list[Values] = []
        self._rate, self._first = rate, first
        self._samples = self.lead

    @property
    def lead(self) -> int:
        """The recording's sample from which on the sound must be given."""
        return max(self._first - 1, 0) * self._spectra.hop

    def add(self, block: Samples) -> None:
        """Takes the next block, of shape (channels, n)."""
        self._samples += block.shape[1]
        # A broken decoder may give anything; one such value would spoil the spectra of a whole block.
        sound = block.size == 0 or (block.max() <= 8 and block.min() >= -8)
        power = self._spectra.add(block if sound else np.nan_to_num(np.clip(block, -8, 8)))
        if not len(power):
            return
        # Sums, not products of matrices: those wake all processors for a moment's work.
        whole = np.einsum("ij,j->i", power, self._whole)
        voice = np.einsum("ij,j->i", power[:, self._voice], self._whole[self._voice])
        self._powers.append(np.stack([whole, voice], axis=1))
        self._tones.append(np.stack(tones(self._cells(power)), axis=1))

    def part(self, count: int | None = None) -> SoundPart:
        """What was heard, when all blocks were given: ``count`` spectra, or all that there are."""
        samples = self._samples
        if samples > self.lead:
            self.add(np.zeros((self._spectra.channels, self._spectra.hop), dtype=np.float32))
        none = np.zeros((0, 2), dtype=np.float32)
        skip = int(self._first > 0)  # it has half of its samples alone
        powers, found = (np.concatenate([none, *rows])[skip:][:count] for rows in (self._powers, self._tones))
        return SoundPart(self._first, samples, powers, found)

    def finish(self) -> SoundTrack:
        """What was heard in a whole recording, when all blocks were given."""
        return sound_of([self.part()], self._rate)


def sound_of(parts: Sequence[SoundPart], rate: int) -> SoundTrack:
    """What was heard in a recording, from its stretches; where one is missing, it is silent.

    Args:
        parts: in any order.
        rate: samples a second.
    """
    parts = [part for part in parts if len(part.powers)]
    if not parts:
        return no_sound("the sound is empty")
    count = max(part.first + len(part.powers) for part in parts)
    powers, found = np.zeros((count, 2), np.float32), np.zeros((count, 2), np.float32)
    for part in parts:
        inside = slice(part.first, part.first + len(part.powers))
        powers[inside], found[inside] = part.powers, part.tones
    a_second = Spectra(rate).frames_per_s
    samples = max(part.samples for part in parts)
    grid = np.arange(math.ceil(samples / rate * RATE + 1)) / RATE
    places = np.minimum(np.round(grid * a_second).astype(int), count - 1)
    loudness = lufs(averaged(powers[:, 0], round(MOMENTARY_S * a_second)))[places]
    crowd, voice = crowd_and_voice(powers[:, 0], powers[:, 1], a_second, places)
    notes = ("the sound is silent throughout",) if loudness.max() <= FLOOR_LUFS else ()
    blows = whistles(found[:, 0], found[:, 1], a_second)
    levels = [level.astype(np.float32) for level in (loudness, crowd, voice)]
    return SoundTrack(levels[0], levels[1], levels[2], blows, RATE, notes)


def no_sound(why: str) -> SoundTrack:
    """The track of a recording that cannot be heard."""
    return SoundTrack(np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32), notes=(why,))
