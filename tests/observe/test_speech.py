"""Speech recognition by a scripted recognizer, then by a real, tiny, untrained Whisper."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchcut.checkup import checkup
from matchcut.cli.main import main as run_main
from matchcut.errors import InputError, RequiresExtra, SettingsError
from matchcut.observe import speech, speech_weights, whisper
from matchcut.observe.heard import Heard, Kept, Stretch
from matchcut.observe.pauses import RATE, Parts, Piece, Samples, pieces
from matchcut.observe.speech import FILE, SpeechSettings, recognize, recognized_or_none
from matchcut.transcript import Word

SPOKEN = ((3, 8), (12, 20), (31, 44), (45, 58), (70, 71), (95, 118))
"""The seconds of speech in `match`; a tone stands for it."""
LENGTH_S = 120


def write_wave(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes; whoever speaks in second s hums with the amplitude (s + 1) / 200."""
    second = np.arange(LENGTH_S * RATE) // RATE
    loud = np.zeros(LENGTH_S * RATE)
    for begin, end in SPOKEN:
        loud[begin * RATE : end * RATE] = 1
    samples = (
        loud * (second + 1) / 200 * np.sign(np.sin(2 * np.pi * 200 * np.arange(len(second)) / RATE) + 1e-9)
    )
    return write_wave(tmp_path_factory.mktemp("sound") / "match.wav", samples.astype(np.float32))


class Scripted:
    """Writes down which second of the match each second of speech is, by its amplitude."""

    name = "scripted"
    identity = "scripted 1"

    def __init__(self, languages: Iterable[tuple[str, float]] = (), fails_at: int | None = None) -> None:
        self.languages = iter(languages)
        self.asked: list[str | None] = []
        self.fails_at = fails_at

    def parts(self, samples: Samples) -> Parts:
        loud = np.concatenate([[False], np.abs(samples) > 0.004, [False]])
        edges = np.flatnonzero(loud[1:] != loud[:-1])
        return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))

    def __call__(self, samples: Samples, language: str | None) -> tuple[str | None, float, Iterable[Heard]]:
        self.asked.append(language)
        if self.fails_at == len(self.asked):
            raise KeyboardInterrupt
        found, sure = (language, 1.0) if language else next(self.languages, ("en", 0.9))
        return found, sure, self._heard(samples)

    def _heard(self, samples: Samples) -> Iterator[Heard]:
        start = 0
        seconds = np.round(np.abs(samples) * 200 - 1).astype(int)
        for end in [*(np.flatnonzero(np.diff(seconds)) + 1).tolist(), len(seconds)]:
            text = f" second {seconds[start]}"
            a, b = start / RATE, end / RATE
            yield Heard(a, b, text, (Word(a, b, text),), -0.2)
            start = end


def test_every_second_of_speech_is_recognized_once_at_its_own_time(match: Path) -> None:
    told: list[tuple[float, float]] = []
    said = recognize(
        match, SpeechSettings(piece_s=30), recognizer=Scripted(), progress=lambda a, b: told.append((a, b))
    )
    seconds = [s for begin, end in SPOKEN for s in range(begin, end)]
    assert [u.text for u in said] == [f"second {s}" for s in seconds]
    for utterance, second in zip(said, seconds, strict=True):
        assert utterance.start == pytest.approx(second, abs=0.01)
        assert utterance.end == pytest.approx(second + 1, abs=0.01)
        assert utterance.words[0].start == pytest.approx(second, abs=0.01)
    assert said.language == "en"
    assert said.source == "speech recognition (scripted)"
    assert "recognized by scripted, language en (found, 90% sure)" in said.notes[0]
    done = [a for a, _ in told]
    assert done == sorted(done)
    assert told[-1] == (LENGTH_S, LENGTH_S)
    assert all(b == LENGTH_S for _, b in told)


def test_an_interrupted_run_goes_on(match: Path, tmp_path: Path) -> None:
    how = SpeechSettings(piece_s=30)
    whole = recognize(match, how, recognizer=Scripted())
    with pytest.raises(KeyboardInterrupt):
        recognize(match, how, keep=tmp_path, key="k", recognizer=Scripted(fails_at=3))
    resumed = Scripted()
    assert recognize(match, how, keep=tmp_path, key="k", recognizer=resumed) == whole
    again = Scripted(fails_at=1)
    told: list[tuple[float, float]] = []
    repeated = recognize(
        match, how, keep=tmp_path, key="k", recognizer=again, progress=lambda a, b: told.append((a, b))
    )
    assert repeated == whole
    assert repeated.notes == whole.notes
    assert again.asked == []
    assert told == [(LENGTH_S, LENGTH_S)]
    everything = Scripted()
    recognize(match, how, recognizer=everything)
    assert len(resumed.asked) == len(everything.asked) - 2, "the two that were done are not done again"


@pytest.mark.parametrize("change", ["key", "identity", "settings", "damage", "order", "shape"])
def test_what_was_made_from_something_else_is_made_anew(match: Path, tmp_path: Path, change: str) -> None:
    how = SpeechSettings(piece_s=60)
    recognize(match, how, keep=tmp_path, key="a", recognizer=Scripted())
    path = tmp_path / FILE
    value = json.loads(path.read_text())
    ears = Scripted()
    key = "a"
    if change == "key":
        key = "b"
    elif change == "identity":
        ears.identity = "scripted 2"
    elif change == "settings":
        how = replace(how, beam=1)
    elif change == "damage":
        path.write_text(path.read_text()[:-30])
    elif change == "order":
        value["stretches"].reverse()
        path.write_text(json.dumps(value))
    else:
        value["stretches"] = [[1]]
        path.write_text(json.dumps(value))
    assert len(recognize(match, how, keep=tmp_path, key=key, recognizer=ears)) > 50
    assert ears.asked


def test_what_does_not_change_the_words_is_not_recognized_again(match: Path, tmp_path: Path) -> None:
    recognize(match, SpeechSettings(threads=1), keep=tmp_path, recognizer=Scripted())
    ears = Scripted(fails_at=1)
    doubted = recognize(match, SpeechSettings(threads=2, least_logprob=-0.1), keep=tmp_path, recognizer=ears)
    assert len(doubted) == 0
    assert "the recognizer itself doubts" in doubted.notes[-1]


def test_the_first_sure_language_decides(match: Path) -> None:
    how = SpeechSettings(piece_s=30)
    ears = Scripted([("de", 0.3), ("pt", 0.8), ("fr", 0.9)])
    said = recognize(match, how, recognizer=ears)
    assert ears.asked[:2] == [None, None]
    assert set(ears.asked[2:]) == {"pt"}
    assert said.language == "pt"
    given_ = Scripted()
    assert recognize(match, replace(how, language="ES"), recognizer=given_).language == "es"
    assert set(given_.asked) == {"es"}


def test_a_given_end_clamps_and_drops(match: Path) -> None:
    said = recognize(match, recognizer=Scripted(), duration=40.5)
    assert said[-1].text == "second 40"
    assert said[-1].end == 40.5
    assert any("past the end" in note for note in said.notes)


def test_no_sound_and_nobody_speaking(tmp_path: Path) -> None:
    quiet = write_wave(tmp_path / "quiet.wav", np.zeros(RATE * 5, np.float32))
    ears = Scripted(fails_at=1)
    said = recognize(quiet, recognizer=ears)
    assert len(said) == 0
    assert "recognized nothing" in said.notes[0]
    av = pytest.importorskip("av")
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        out.mux(stream.encode(None))
    said = recognize(path, recognizer=ears)
    assert len(said) == 0
    assert "has no sound" in said.notes[0]
    with pytest.raises(InputError, match="no such file"):
        recognize(tmp_path / "none.mp4", recognizer=ears)


class Given:
    """A sound cursor over an array."""

    def __init__(self, samples: Samples) -> None:
        self.samples, self.place = samples, 0

    def seek(self, seconds: float) -> None:
        self.place = round(seconds * RATE)

    def available(self, count: int) -> Samples:
        found = self.samples[None, self.place : self.place + count]
        self.place += count
        return found


@given(
    st.lists(st.tuples(st.floats(0.05, 40), st.floats(0.05, 40)), min_size=1, max_size=8),
    st.floats(0, 60),
)
@settings(max_examples=40, deadline=None)
def test_pieces_hold_all_the_sound_and_cut_in_pauses(spans: list[tuple[float, float]], start: float) -> None:
    sound = np.concatenate(
        [
            np.full(round(s * RATE / 100), level, np.float32)
            for pair in spans
            for s, level in zip(pair, (0.0, 0.5), strict=True)
        ]
    )
    first = round(start * RATE / 100)
    find = Scripted().parts
    made = list(pieces(Given(sound), first / RATE, 0.3, find))  # type: ignore[arg-type]
    whole = np.concatenate([piece.samples for piece in made]) if made else sound[:0]
    assert np.array_equal(whole, sound[first:])
    assert all(len(piece.samples) <= round(0.3 * RATE) for piece in made)
    assert [p.start for p in made[1:]] == pytest.approx([p.end for p in made[:-1]])
    for piece in made:
        assert piece.parts == find(piece.samples)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)), min_size=1, max_size=6), st.floats(0, 100))
@example([(0, 101), (0, 900), (1, 1)], 0.0)
@settings(max_examples=60, deadline=None)
def test_places_are_those_of_the_speech(spans: list[tuple[int, int]], start: float) -> None:
    parts: Parts = []
    at = 0
    for gap, length in spans:
        parts.append((at + gap, at + gap + length))
        at += gap + length
    piece = Piece(start, np.arange(at, dtype=np.float32), parts, True)
    said = piece.speech()
    for number in {*range(0, len(said), 97), *np.cumsum([b - a for a, b in parts]) - 1}:
        sample = int(said[number])
        assert piece.place(number / RATE) == pytest.approx(start + sample / RATE, abs=1e-6)
        assert piece.place((number + 1) / RATE, is_end=True) == pytest.approx(
            start + (sample + 1) / RATE, abs=1e-6
        )
    assert piece.place(99.0) == pytest.approx(start + at / RATE)
    assert piece.place(-1.0) == pytest.approx(start + parts[0][0] / RATE)


def test_kept_stretches_come_back(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "deep" / FILE, {"a": 1})
    stretch = Stretch(0.0, 5.5, 2.0, "en", 0.7, (Heard(1.0, 2.0, "Köln", (Word(1.0, 2.0, " Köln"),), -0.5),))
    kept.add(stretch)
    again = Kept(tmp_path / "deep" / FILE, {"a": 1})
    assert again.stretches == [stretch]
    assert again.until == 5.5
    assert not again.whole
    assert Kept(tmp_path / "deep" / FILE, {"a": 2}).stretches == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": ""}, "no name"),
        ({"language": "en-GB!"}, "by its code"),
        ({"beam": 0}, "beam"),
        ({"vad_threshold": 1.0}, "threshold"),
        ({"piece_s": float("nan")}, "piece"),
        ({"device": "tpu"}, "cpu, cuda, auto"),
        ({"compute_type": "int3"}, "int8"),
        ({"threads": 0}, "thread"),
    ],
)
def test_settings_out_of_range(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        SpeechSettings(**values)


# What is on the disk.


def test_not_installed(monkeypatch: pytest.MonkeyPatch, match: Path) -> None:
    monkeypatch.setattr(speech_weights.importlib.util, "find_spec", lambda name: None)
    found = speech.speech_ready("small")
    assert not found.ok
    assert found.remedy == (
        "pip install 'matchcut[speech]'; then fetch its weights: matchcut doctor --fetch-speech small"
    )
    with pytest.raises(RequiresExtra, match=r"matchcut\[speech\]"):
        recognize(match, SpeechSettings(model="small"))
    with pytest.raises(RequiresExtra):
        speech.fetch("small")
    transcript, notes = recognized_or_none(match)
    assert transcript is None
    assert len(notes) == 1
    assert "fouls" in notes[0]
    assert "pip install" in notes[0]
    assert recognized_or_none(match, SpeechSettings(model="off")) == (None, ())


def test_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(speech_weights, "_cached", lambda model: None)
    for wrong in ("smal", "large_v3", "a/b/c", "sma ll", "http://x"):
        with pytest.raises(SettingsError, match="no speech model"):
            speech.speech_ready(wrong)
    with pytest.raises(SettingsError, match="Did you mean small"):
        speech.speech_ready("smal")
    if speech.speech_ready("small").installed:
        assert "0.5 GB" in speech.speech_ready("small").remedy
        assert speech.speech_ready("owner/its-own_model.1").licence == "see its own card"
        assert "no such folder" in speech.speech_ready(str(tmp_path / "none")).problem


def test_auto_takes_the_first_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr(
        speech_weights, "_cached", lambda model: tmp_path if model in ("tiny", "base") else None
    )
    assert speech.speech_ready().model == "base"
    told = next(finding for finding in checkup() if finding.what.startswith("speech recognition"))
    assert told.ok
    assert str(tmp_path) in told.found
    assert "MIT" in told.found
    assert speech.speech_note() is None
    (tmp_path / "tokenizer.json").unlink()
    found = speech.speech_ready("base")
    assert "has no tokenizer.json" in found.problem
    assert found.remedy == "Fetch them again: matchcut doctor --fetch-speech base"


def test_nothing_is_fetched_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, match: Path) -> None:
    faster_whisper = pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    asked: list[dict[str, Any]] = []

    def download(model: str, **how: Any) -> str:
        asked.append(how)
        if not how.get("local_files_only"):
            raise ConnectionError("no route\nto the hub")
        raise FileNotFoundError(model)

    monkeypatch.setattr(faster_whisper, "download_model", download)
    with pytest.raises(InputError, match=r"weights of small are not on this machine.*--fetch-speech small"):
        recognize(match, SpeechSettings(model="small"))
    assert recognized_or_none(match)[0] is None
    assert asked
    assert all(how == {"local_files_only": True} for how in asked)
    with pytest.raises(InputError, match="could not be fetched: no route.*copy the folder"):
        speech.fetch("small")
    assert run_main(["doctor", "--fetch-speech", "small"]) == 2


# A real Whisper, untrained: its words are garbage, its shapes, times and failures are real.


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("torch", "transformers", "ctranslate2", "faster_whisper"):
        pytest.importorskip(package, reason=f"{package} is not installed: no tiny Whisper can be built")
    from observe.tiny_whisper import build

    return build(tmp_path_factory.mktemp("whisper"))


ANYTHING = SpeechSettings(vad=False, least_logprob=-1e9, beam=1, piece_s=30, threads=1)


@pytest.mark.parametrize("word_times", [False, True])
def test_a_real_whisper(tiny: Path, tmp_path: Path, word_times: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "TEMPERATURES", (0.0, 0.2))
    how = replace(ANYTHING, model=str(tiny), word_times=word_times)
    found = speech.speech_ready(str(tiny))
    assert found.ok
    assert (found.path, found.name) == (tiny, "ct2")
    short = write_wave(
        tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, RATE * 32).astype(np.float32)
    )
    said = recognize(short, how, keep=tmp_path)
    assert (tmp_path / FILE).is_file()
    assert said.language == "en"
    assert "whisper ct2" in said.notes[0]
    assert all(0 <= u.start <= u.end <= 32 for u in said)
    assert all(u.start <= w.start <= w.end <= u.end for u in said for w in u.words)
    kept = Kept(tmp_path / FILE, json.loads((tmp_path / FILE).read_text())["made_from"])
    heard = [h for s in kept.stretches for h in s.heard]
    assert heard
    assert any(h.words for h in heard) == word_times
    assert all(h.logprob is not None and h.logprob < 0 for h in heard)
    assert recognize(short, how, keep=tmp_path) == said
    assert recognize(short, how) == said, "the same each time"


def test_noise_and_silence_make_no_words(tiny: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.05, RATE * 30) * (1 + np.sin(np.arange(RATE * 30) / RATE))
    crowd = write_wave(tmp_path / "crowd.wav", noise.astype(np.float32))
    said = recognize(crowd, replace(ANYTHING, model=str(tiny), vad=True))
    assert len(said) == 0
    assert "0 min seemed to be speech" in said.notes[0]


class ManyTongues:
    """A model's surface, of a size that knows more than English."""

    supported_languages = ("en", "es", "yue")
    is_multilingual = True
    model = property(lambda self: self)
    hf_tokenizer = property(lambda self: self)

    def token_to_id(self, token: str) -> int | None:
        return {"<|en|>": 1, "<|es|>": 2}.get(token)


def test_languages(tiny: Path, match: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"knows no language but 'en'.*small"):
        recognize(match, replace(ANYTHING, model=str(tiny), language="de"))
    import faster_whisper

    monkeypatch.setattr(faster_whisper, "WhisperModel", lambda *_, **__: ManyTongues())
    for language in ("xx", "yue"):
        with pytest.raises(SettingsError, match=rf"knows no language '{language}'.*code"):
            recognize(match, replace(ANYTHING, model=str(tiny), language=language))


def test_a_device_that_is_not_there(tiny: Path, match: Path) -> None:
    ctranslate2 = pytest.importorskip("ctranslate2")
    if ctranslate2.get_cuda_device_count():
        pytest.skip("there is a graphics card here")
    with pytest.raises(SettingsError, match="cannot run on the graphics card.*cpu"):
        recognize(match, replace(ANYTHING, model=str(tiny), device="cuda"))


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _junk(path: Path) -> None:
    path.write_bytes(b"\x07junk {" * 999)


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [_cut, _empty, _junk, _gone])
@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_damaged_weights(
    tiny: Path, tmp_path: Path, match: Path, name: str, harm: Callable[[Path], None]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    harm(folder / name)
    short = SpeechSettings(model=str(folder), vad=False, piece_s=30, threads=1)
    with pytest.raises((InputError, SettingsError), match="model") as caught:
        recognize(match, short)
    assert caught.value.remedy


def test_other_folders(tiny: Path, tmp_path: Path, match: Path) -> None:
    for folder in (tiny.parent / "transformers", tmp_path, match):
        with pytest.raises(InputError, match="ct2-transformers-converter"):
            recognize(match, SpeechSettings(model=str(folder)))


def test_out_of_memory(tiny: Path, match: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper

    for error in (
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        RuntimeError("CUDA failed with error out of memory"),
    ):

        def fails(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(faster_whisper, "WhisperModel", fails)
        with pytest.raises(SettingsError, match="not enough memory.*smaller model"):
            recognize(match, replace(ANYTHING, model=str(tiny)))
        transcript, notes = recognized_or_none(match, replace(ANYTHING, model="auto"))
        assert transcript is None
        assert notes
