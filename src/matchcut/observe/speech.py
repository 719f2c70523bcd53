"""What was said, by speech recognition: for recordings without a transcript.

    transcript = recognize("final.mp4", SpeechSettings(model="small"), keep=Path("final.matchcut/observed"))

Needs the extra ``speech`` and the weights of a Whisper model; `matchcut.observe.speech_weights` says whether
they are there. The sound is taken in pieces of some minutes, so that memory stays constant; each that is done
is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from matchcut import files
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.media.opening import Damage, open_media
from matchcut.media.sound import SoundCursor
from matchcut.observe.heard import Heard, Kept, Stretch
from matchcut.observe.misheard import LEAST_LOGPROB, believable
from matchcut.observe.pauses import RATE, Piece, pieces
from matchcut.observe.speech_weights import (
    AUTO,
    SpeechFinding,
    fetch,
    fetch_command,
    speech_note,
    speech_ready,
)
from matchcut.observe.whisper import Recognizer, Whisper
from matchcut.progress import Progress, silent
from matchcut.transcript import Transcript, Word

__all__ = [
    "AUTO",
    "OFF",
    "SpeechFinding",
    "SpeechSettings",
    "fetch",
    "fetch_command",
    "recognize",
    "recognized_or_none",
    "speech_note",
    "speech_ready",
]

OFF = "off"
"""As the name of a model: recognize nothing."""
FILE = "speech.json"
"""What the pieces that are done are kept in."""
SURE = 0.5
"""The first piece whose language is at least this probable decides for the whole recording."""

COMPUTE_TYPES = (
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
)
DEVICES = ("cpu", "cuda", "auto")


@dataclass(frozen=True)
class SpeechSettings:
    """How to recognize speech.

    Attributes:
        model: a size of Whisper ("tiny" to "large-v3", "turbo"), "owner/name" on the Hugging Face hub, or a
            folder; "auto" takes what is there, see `speech_weights.PREFERRED`.
        language: what is spoken, such as "en"; None finds out.
        beam: how many ways of going on decoding weighs.
        word_times: give each word its own time.
        vad: give the recognizer only what Silero's network takes for speech, so that crowd makes no words.
        vad_threshold: how probable speech must be, in (0, 1).
        least_logprob: see `matchcut.observe.misheard.LEAST_LOGPROB`.
        piece_s: the longest piece of sound that is in memory, in seconds, 30 to 1,800.
        device: "cpu", "cuda" or "auto".
        compute_type: what CTranslate2 computes with.
        threads: how many processors to use; None takes all that there are.

    Raises:
        SettingsError: a value is out of its range.
    """

    model: str = AUTO
    language: str | None = None
    beam: int = 5
    word_times: bool = True
    vad: bool = True
    vad_threshold: float = 0.5
    least_logprob: float = LEAST_LOGPROB
    piece_s: float = 240.0
    device: str = "cpu"
    compute_type: str = "int8"
    threads: int | None = None

    def __post_init__(self) -> None:
        if not self.model:
            raise SettingsError("the speech model has no name", "Name one, such as small")
        if self.language is not None and not (self.language.isascii() and self.language.isalpha()):
            raise SettingsError(
                f"a language is given by its code, not as {self.language!r}", "Give one such as en, es, de"
            )
        if self.language is not None:
            object.__setattr__(self, "language", self.language.casefold())
        if not 1 <= self.beam <= 100:
            raise SettingsError(f"a beam is from 1 to 100 wide, not {self.beam}", "Choose 5")
        if not 0 < self.vad_threshold < 1:
            raise SettingsError(f"a threshold is between 0 and 1, not {self.vad_threshold}", "Choose 0.5")
        if not 30 <= self.piece_s <= 1800:
            raise SettingsError(f"a piece lasts from 30 to 1,800 s, not {self.piece_s}", "Choose 240")
        for value, known in ((self.device, DEVICES), (self.compute_type, COMPUTE_TYPES)):
            if value not in known:
                raise SettingsError(f"speech recognition knows no {value!r}", f"Known are: {', '.join(known)}")
        if self.threads is not None and self.threads < 1:
            raise SettingsError(f"at least one thread is needed, not {self.threads}", "Choose 1 or more")


def recognize(
    path: Path | str,
    settings: SpeechSettings | None = None,
    *,
    keep: Path | None = None,
    key: str = "",
    duration: float | None = None,
    progress: Progress = silent,
    recognizer: Recognizer | None = None,
) -> Transcript:
    """What was said in a recording. Its notes say by which model, in which language, and what was left out.

    Args:
        path: a video or sound file.
        settings: see `SpeechSettings`.
        keep: a folder in which finished pieces are kept, so that an interrupted run goes on and a second one
            has nothing to do. They count as long as file, model and settings are the same.
        key: names the file's content, for ``keep``; besides it the file's size is looked at.
        duration: where the recording ends, in seconds; by default where its sound does.
        progress: told the seconds done and the seconds there are.
        recognizer: something else than Whisper.

    Raises:
        InputError: the file cannot be read, or the weights are missing or damaged.
        SettingsError: there is no such model, it does not know the language, or memory does not suffice.
        RequiresExtra: faster-whisper is not installed.
        OutputError: ``keep`` cannot be written.
    """
    settings = settings or SpeechSettings()
    damage = Damage()
    with open_media(path) as source:
        if source.audio is None:
            note = f"{path}: has no sound, so nothing was recognized"
            return Transcript((), settings.language, "speech recognition", (note,))
        ears = recognizer or whisper(settings)
        kept = Kept(None if keep is None else keep / FILE, _made_from(Path(path), key, settings, ears))
        if not kept.whole:
            total = duration or (source.container.duration or 0) / 1_000_000
            cursor = SoundCursor(source, RATE, "mono", damage)
            for piece in pieces(cursor, kept.until, settings.piece_s, ears.parts):
                language = settings.language or _language(kept.stretches)
                kept.add(_recognized(piece, ears, language, total, progress))
            kept.finish()
    end = kept.until if duration is None else min(kept.until, duration)
    progress(end, end)
    said, notes = believable((h for s in kept.stretches for h in s.heard), end, settings.least_logprob)
    spoken = settings.language or _most_spoken(kept.stretches)
    told = _notes(ears, kept.stretches, settings, spoken, len(said))
    source_name = f"speech recognition ({ears.name})"
    return Transcript(said, spoken, source_name, [told, *damage.notes(path), *notes])


def whisper(settings: SpeechSettings) -> Whisper:
    """The recognizer that the settings name; loads nothing yet.

    Raises:
        InputError: its weights are not there, or a file of them is missing.
        SettingsError: there is no such model.
        RequiresExtra: faster-whisper is not installed.
    """
    found = speech_ready(settings.model)
    if not found.installed:
        raise RequiresExtra("recognizing speech", "speech")
    if found.path is None:
        raise InputError(found.problem, found.remedy)
    return Whisper(found.path, found.name, settings)


def recognized_or_none(
    path: Path | str,
    settings: SpeechSettings | None = None,
    keep: Path | None = None,
    progress: Progress = silent,
    *,
    key: str = "",
    duration: float | None = None,
) -> tuple[Transcript | None, tuple[str, ...]]:
    """As `recognize` for a job that can do without: where it cannot be done, None and a note that says why.

    With the model "off" it does nothing and says nothing. With "auto" whatever stands in the way is a note;
    with a model that was named it is an error.

    Raises:
        InputError, SettingsError, RequiresExtra: see `recognize`; never with "auto".
        OutputError: ``keep`` cannot be written.
    """
    settings = settings or SpeechSettings()
    if settings.model == OFF:
        return None, ()
    if settings.model != AUTO:
        transcript = recognize(path, settings, keep=keep, key=key, duration=duration, progress=progress)
        return (transcript if len(transcript) else None), transcript.notes
    note = speech_note(AUTO)
    if note is not None:
        return None, (note,)
    try:
        transcript = recognize(path, settings, keep=keep, key=key, duration=duration, progress=progress)
    except (InputError, SettingsError) as error:
        return None, (f"speech could not be recognized: {error}",)
    return (transcript if len(transcript) else None), transcript.notes


def _made_from(path: Path, key: str, settings: SpeechSettings, ears: Recognizer) -> dict[str, object]:
    """What the kept pieces depend on; not on where they were computed or what is believed of them later."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise files.read_error(path, error) from error
    how = asdict(replace(settings, model=AUTO, threads=None, least_logprob=0.0))
    return {"content": key, "size": size, "recognizer": ears.identity, "settings": how}


def _recognized(
    piece: Piece, ears: Recognizer, language: str | None, total: float, progress: Progress
) -> Stretch:
    heard: list[Heard] = []
    sure = 0.0
    spoken = None
    if piece.parts:
        spoken, probability, segments = ears(piece.speech(), language)
        sure = 0.0 if language else probability
        for segment in segments:
            placed = _placed(segment, piece)
            heard.append(placed)
            progress(placed.end, max(total, piece.end))
    progress(piece.end, max(total, piece.end))
    return Stretch(piece.start, piece.end, piece.speech_s, spoken, sure, tuple(heard))


def _placed(segment: Heard, piece: Piece) -> Heard:
    """A segment on the recording's seconds instead of those of the speech alone."""
    start = piece.place(segment.start)
    words = tuple(
        Word(at := piece.place(w.start), max(piece.place(w.end, is_end=True), at), w.text)
        for w in segment.words
    )
    return replace(segment, start=start, end=max(piece.place(segment.end, is_end=True), start), words=words)


def _language(stretches: Sequence[Stretch]) -> str | None:
    """What was recognized with some certainty; nothing decides before."""
    return next((s.language for s in stretches if s.language and s.sure >= SURE), None)


def _most_spoken(stretches: Sequence[Stretch]) -> str | None:
    seconds: Counter[str] = Counter()
    for stretch in stretches:
        if stretch.language:
            seconds[stretch.language] += max(round(stretch.speech_s), 1)
    return seconds.most_common(1)[0][0] if seconds else None


def _notes(
    ears: Recognizer, stretches: Sequence[Stretch], settings: SpeechSettings, spoken: str | None, count: int
) -> str:
    """By whom, in which language, and how much was recognized."""
    minutes = sum(s.speech_s for s in stretches) / 60
    if not count:
        return f"{ears.name} recognized nothing that was said ({minutes:.0f} min seemed to be speech)"
    sure = max((s.sure for s in stretches if s.language == spoken), default=0.0)
    how = "as given" if settings.language else f"found, {sure:.0%} sure"
    return (
        f"the transcript was recognized by {ears.name}, language {spoken} ({how}), from {minutes:.0f} min of "
        "speech: expect wrong words, above all names"
    )
