"""Whisper by faster-whisper: samples in, segments out. Loaded at first use, from the disk alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from matchcut.errors import InputError, MatchcutError, SettingsError, nearest
from matchcut.observe.heard import Heard
from matchcut.observe.pauses import Parts, Samples
from matchcut.observe.speech_weights import identity
from matchcut.transcript import Word

if TYPE_CHECKING:
    from matchcut.observe.speech import SpeechSettings

SURE = 0.8
"""The language is listened for until it is this probable."""
DETECTION_WINDOWS = 8
"""For how many times 30 seconds of speech at most."""
TEMPERATURES = (0.0, 0.2, 0.4, 0.6)
"""What decoding tries in turn where a text repeats itself or is unlikely."""
PAUSE_MS, PADDING_MS, SHORTEST_MS = 1000, 300, 250
"""A shorter pause parts no speech; speech is given with so much around it; shorter speech is none."""

_SMALLER = "Name a smaller model with --speech (base, tiny), or leave speech out with --speech off"
_MEMORY = ("out of memory", "bad_alloc", "cannot allocate", "failed to allocate")
_DEVICE = ("cuda", "cudnn", "cublas", "libcu")


class Recognizer(Protocol):
    """Whatever can tell speech from noise, and say what was said."""

    @property
    def name(self) -> str:
        """For the user: "whisper small"."""
        ...

    @property
    def identity(self) -> str:
        """Names these very weights: other weights, other identity."""
        ...

    def parts(self, samples: Samples) -> Parts:
        """Where somebody speaks."""
        ...

    def __call__(self, samples: Samples, language: str | None) -> tuple[str | None, float, Iterable[Heard]]:
        """The language with its probability, and what was said, on the samples' own seconds.

        Args:
            samples: speech, shape (n,), 16,000 a second.
            language: what is spoken, None to find out.
        """
        ...


class Whisper:
    """A Whisper model of CTranslate2.

    Args:
        path: its folder.
        name: what to call it.
        settings: see `SpeechSettings`.

    Raises:
        InputError: a file cannot be read.
    """

    def __init__(self, path: Path, name: str, settings: SpeechSettings) -> None:
        self.path = path
        self.name = f"whisper {name}"
        self.settings = settings
        self.identity = f"{name} {identity(path)}"

    def parts(self, samples: Samples) -> Parts:
        """Where somebody speaks, by Silero's network, which comes with faster-whisper."""
        if not self.settings.vad:
            return [(0, len(samples))]
        with self._told():
            from faster_whisper.vad import VadOptions, get_speech_timestamps

            options = VadOptions(
                threshold=self.settings.vad_threshold,
                min_silence_duration_ms=PAUSE_MS,
                speech_pad_ms=PADDING_MS,
                min_speech_duration_ms=SHORTEST_MS,
            )
            found = get_speech_timestamps(samples, options)
        return [(int(part["start"]), int(part["end"])) for part in found if part["end"] > part["start"]]

    def __call__(self, samples: Samples, language: str | None) -> tuple[str | None, float, Iterable[Heard]]:
        """See `Recognizer`.

        Raises:
            InputError: the weights are damaged or of another kind.
            SettingsError: the model does not know the language, or there is not enough memory.
        """
        self.check_language(language)
        with self._told():
            from ctranslate2 import set_random_seed

            set_random_seed(0)  # the higher temperatures draw lots
            segments, info = self._model.transcribe(
                samples,
                language=language,
                beam_size=self.settings.beam,
                temperature=list(TEMPERATURES),
                word_timestamps=self.settings.word_times,
                # A sentence that was invented would be carried on, and repeated, from window to window.
                condition_on_previous_text=False,
                language_detection_threshold=SURE,
                language_detection_segments=DETECTION_WINDOWS,
            )
        return info.language, float(info.language_probability), self._heard(segments)

    def check_language(self, language: str | None) -> None:
        """Refuses a language that the model does not know.

        Raises:
            SettingsError: it does not.
        """
        if language is None:
            return
        known = [code for code in self._model.supported_languages if self._has(code)]
        if language in known:
            return
        if len(known) == 1:
            remedy = "Leave --language out, or name a model that knows more: small"
            raise SettingsError(f"{self.name} knows no language but {known[0]!r}", remedy)
        near = nearest(language, known)
        raise SettingsError(
            f"{self.name} knows no language {language!r}",
            f"Give its code, such as en, es, de{'; near: ' + ', '.join(near) if near else ''}",
        )

    def _has(self, language: str) -> bool:
        """Whether the weights have a token for a language; only the latest know Cantonese, for one."""
        model = self._model
        return not model.model.is_multilingual or model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None

    @cached_property
    def _model(self) -> Any:
        settings = self.settings
        with self._told():
            from faster_whisper import WhisperModel

            return WhisperModel(
                str(self.path),
                device=settings.device,
                compute_type=settings.compute_type,
                cpu_threads=settings.threads or _processors(),
                local_files_only=True,
            )

    def _heard(self, segments: Iterable[Any]) -> Iterator[Heard]:
        with self._told():
            for segment in segments:
                words = tuple(Word(float(w.start), float(w.end), w.word) for w in segment.words or ())
                yield Heard(
                    float(segment.start), float(segment.end), segment.text, words, float(segment.avg_logprob)
                )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong inside the libraries, as an error with a remedy: they share no kinds of their own."""
        try:
            yield
        except (MatchcutError, GeneratorExit):
            raise
        except ImportError as error:
            raise InputError(f"faster-whisper cannot be loaded: {error}", _REINSTALL) from error
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            said = reason.casefold()
            if isinstance(error, MemoryError) or any(word in said for word in _MEMORY):
                raise SettingsError(f"there is not enough memory for {self.name}", _SMALLER) from error
            if "compute type" in said:
                raise SettingsError(f"{self.name}: {reason}", "Choose another, such as int8") from error
            if any(word in said for word in _DEVICE):
                raise SettingsError(
                    f"{self.name} cannot run on the graphics card: {reason}", "Set the device to cpu"
                ) from error
            raise InputError(
                f"{self.path}: cannot be used as a Whisper model: {reason}", "Fetch or convert it again"
            ) from error


_REINSTALL = "Install it again: pip install --force-reinstall 'matchcut[speech]'"


def _processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
