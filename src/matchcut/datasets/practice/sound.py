"""The sound: a crowd that swells with the play, the commentators' voice, the whistle, the ball being kicked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchcut.datasets.practice.hiding import touches_in
from matchcut.datasets.practice.script import Script, Surge
from matchcut.transcript import Transcript

Array = NDArray[np.float64]
Sound = NDArray[np.float32]
_CONTROL_RATE = 50.0
_BLOCK_S = 10
_VOICE_S = 9
_KICKS = {"roll": 0.10, "loft": 0.22, "shot": 0.4}


def mix(script: Script, sample_rate: int, said: Transcript | None = None) -> Sound:
    """The whole sound, shape (N,), mono, each sample in (-1, 1).

    Args:
        script: what happens.
        sample_rate: samples a second.
        said: the commentary; None for a match that nobody comments.
    """
    sound = crowd_and_voice(script.surges, script.duration_s, script.seed, sample_rate, said)
    for blow in script.whistles:
        for start, end in blow.blasts_at():
            add(sound, whistle(end - start, sample_rate, whistle_hz(script.seed)), start, sample_rate)
    thump = _thump(sample_rate)
    for touch in touches_in(script, "sound"):
        if touch.actor is not None and touch.how in _KICKS:
            add(sound, _KICKS[touch.how] * thump, touch.t, sample_rate)
    return np.tanh(sound, out=sound)


def crowd_and_voice(
    surges: Sequence[Surge], duration_s: float, seed: int, sample_rate: int, said: Transcript | None
) -> Sound:
    """The crowd, and speech over it, shape (N,)."""
    count = round(duration_s * sample_rate)
    rng = np.random.default_rng([seed, 11])
    level = excitement(surges, int(count / sample_rate * _CONTROL_RATE) + 2, _CONTROL_RATE)
    sound = _crowd(level, count, sample_rate, rng)
    if said is not None and len(said):
        _speak(sound, said, level, sample_rate, np.random.default_rng([seed, 13]))
    return sound


def add(sound: Sound, piece: Array, t: float, sample_rate: int) -> None:
    """Lays a piece over the sound from a second on, as far as it reaches."""
    start = round(t * sample_rate)
    if 0 <= start < len(sound):
        part = piece[: len(sound) - start]
        sound[start : start + len(part)] += part


def excitement(surges: Sequence[Surge], frames: int, rate: float) -> Array:
    """How excited the crowd is at each frame, shape (frames,), in [0, 1]."""
    t = np.arange(frames) / rate
    level = np.full(frames, 0.12)
    for moment, strength, fall_s, _ in surges:
        rise = np.clip((t - moment + 0.6) / 0.9, 0, 1)
        fall = np.exp(-np.clip(t - moment - 0.8, 0, None) / fall_s)
        level = np.maximum(level, strength * rise * fall)
    return level


def _crowd(level: Array, count: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    """A murmur that is always there, and a roar of higher voices that follows the excitement."""
    frames = len(level)
    breaths = np.arange(0, frames, 25)
    depth = 1 + 0.15 * rng.standard_normal(len(breaths))
    low = _voices(count, sample_rate, 180.0, 900.0, rng)
    high = _voices(count, sample_rate, 450.0, 2600.0, rng)
    crowd = np.empty(count, dtype=np.float32)
    # Block by block: the steps between take ten times the memory of the sound.
    for start in range(0, count, _BLOCK_S * sample_rate):
        samples = np.arange(start, min(start + _BLOCK_S * sample_rate, count))
        at = samples * (_CONTROL_RATE / sample_rate)
        excited = np.interp(at, np.arange(frames), level)
        # A slow clap under it all, as supporters do.
        beat = np.clip(np.sin(2 * np.pi * samples / sample_rate / 0.62), 0, 1) ** 8
        strength = 0.05 * np.interp(at, breaths, depth) * (1 + 0.12 * beat) * (1 + 1.2 * excited)
        murmur, roar = low[samples % len(low)], high[samples % len(high)]
        crowd[samples] = strength * murmur + 0.42 * excited**1.7 * roar
    return crowd


def _voices(count: int, sample_rate: int, low: float, high: float, rng: np.random.Generator) -> Array:
    """Noise with the spectrum of many voices, about 1 strong; ten seconds of it, to be laid end to end."""
    length = min(10 * sample_rate, max(count, sample_rate))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    f = np.fft.rfftfreq(length, 1 / sample_rate)
    spectrum *= np.sqrt(1 / (1 + (low / np.maximum(f, 1.0)) ** 4) / (1 + (f / high) ** 4))
    # A piece made from a spectrum fits on to itself without a seam.
    piece = np.fft.irfft(spectrum, length)
    return np.asarray(piece / piece.std(), dtype=np.float64)


def _speak(sound: Sound, said: Transcript, level: Array, sample_rate: int, rng: np.random.Generator) -> None:
    """Lays something like a voice over the sound while something is said, raised where the crowd is."""
    calm = _voice(105.0, sample_rate, rng)
    raised = _voice(190.0, sample_rate, rng)
    for utterance in said:
        excited = float(level[min(int(utterance.start * _CONTROL_RATE), len(level) - 1)])
        tile = raised if excited > 0.5 else calm
        length = min(int((utterance.end - utterance.start) * sample_rate), len(tile) // 2)
        first = int(rng.integers(len(tile) - length))
        edge = np.clip(np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.04 * sample_rate), 0, 1)
        add(sound, (0.09 + 0.12 * excited) * edge * tile[first : first + length], utterance.start, sample_rate)


def _voice(pitch_hz: float, sample_rate: int, rng: np.random.Generator) -> Array:
    """Vowel-like harmonics of a gliding pitch with syllables and hisses, about 1 strong while it sounds."""
    t = np.arange(_VOICE_S * sample_rate) / sample_rate
    glide = 1 + 0.14 * np.sin(2 * np.pi * 0.6 * t + rng.uniform(0, 6)) + 0.05 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz * glide) / sample_rate
    sound = np.zeros(len(t))
    for k in range(1, min(28, int(0.4 * sample_rate / pitch_hz))):
        hz = k * pitch_hz
        # Two formants that most vowels come near to.
        weight = np.exp(-(((hz - 520) / 260) ** 2)) + 0.5 * np.exp(-(((hz - 1500) / 500) ** 2)) + 0.08
        sound += weight / k**0.4 * np.sin(k * phase)
    syllable = np.clip(np.sin(2 * np.pi * 4.4 * t) + 0.35 * np.sin(2 * np.pi * 1.7 * t + 1), 0, None) ** 0.6
    hiss = np.diff(rng.standard_normal(len(t)), prepend=0.0) * np.clip(-np.sin(2 * np.pi * 4.4 * t), 0, 1) ** 6
    voice: Array = sound / sound.std() * syllable + 0.12 * hiss
    return voice


def whistle_hz(seed: int) -> float:
    """The tone of a referee's whistle; each match has its own."""
    return float(np.random.default_rng([seed, 17]).uniform(3050, 3850))


def whistle(seconds: float, sample_rate: int, hz: float) -> Array:
    """A high tone, a weaker one beside it, and the flutter of the pea in loudness and pitch."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    pea = 2 * np.pi * 38 * t
    tone = np.sin(2 * np.pi * hz * t + 0.5 * np.sin(pea)) + 0.35 * np.sin(2 * np.pi * 1.07 * hz * t)
    shape = np.clip(np.minimum(t / 0.02, (seconds - t) / 0.06), 0, 1)
    blown: Array = 0.2 * shape * tone * (0.75 + 0.25 * np.sin(pea))
    return blown


def _thump(sample_rate: int) -> Array:
    t = np.arange(int(0.16 * sample_rate)) / sample_rate
    thump: Array = np.exp(-t / 0.035) * np.sin(2 * np.pi * (105 - 260 * t) * t) + 0.2 * np.exp(-t / 0.004)
    return thump
