"""Fine-tuned models as a user has them: trained, merged, used by the command line; true seconds."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

torch = pytest.importorskip("torch", reason="needs the extra 'tune'")
pytest.importorskip("transformers", reason="needs the extra 'tune'")
pytest.importorskip("peft", reason="needs the extra 'tune'")

from matchcut.cli.main import main  # noqa: E402
from matchcut.datasets.games import game_list  # noqa: E402
from matchcut.encoders import stills as taking  # noqa: E402
from matchcut.encoders.stills import StillSettings, kept_stills, stills  # noqa: E402
from matchcut.encoders.store import FeatureStore  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.events import Event, EventLog  # noqa: E402
from matchcut.language.outcomes import Question  # noqa: E402
from matchcut.language.parse import Reading, read_events  # noqa: E402
from matchcut.language_setup import read_setup  # noqa: E402
from matchcut.language_training import Archives, Sources, train_language  # noqa: E402
from matchcut.models.chat import pictures_of  # noqa: E402
from matchcut.models.generate import LocalSpeaker, Spoken  # noqa: E402
from matchcut.recording import Recording  # noqa: E402
from matchcut.sport import soccer  # noqa: E402
from matchcut.spotters.local import LocalAsker, LocalSettings  # noqa: E402
from media import make  # noqa: E402
from training import tiny_language as tiny  # noqa: E402

torch.set_num_threads(1)

Film = tuple[Path, Path]

SMALL = {
    "lora": {"rank": 2},
    "tuning": {"context": 2000, "save_memory": False},
    "loop": {"epochs": 1, "batch": 2},
    "stills": {"rate": 0.1, "pixels": 4000},
    "chunks": {"length_s": 30.0},
}


# --- pictures ----------------------------------------------------------------------------------------------


@given(st.integers(2, 5000), st.integers(2, 5000), st.sampled_from([28, 32]), st.integers(1024, 400_000))
@settings(max_examples=80, deadline=None)
def test_a_picture_has_whole_tokens_and_no_more_than_allowed(
    width: int, height: int, step: int, pixels: int
) -> None:
    wide, high = StillSettings(pixels=pixels, step=step).size(width, height)
    assert wide % step == high % step == 0
    assert 0 < wide * high <= pixels
    if 8 * step * step < min(pixels, width * height) and 1 / 3 < width / height < 3:
        assert 0.5 < (wide / high) / (width / height) < 2


def test_pictures_come_with_the_seconds_at_which_they_are_shown(tmp_path: Path) -> None:
    times = [Fraction(n, 10) for n in range(20)] + [Fraction(2) + Fraction(7 * n, 10) for n in range(1, 13)]
    how = make.Make(times=times, start=Fraction(5, 2), sound=False, width=196, height=112)
    path = make.video(tmp_path / "uneven.mkv", how)
    found = stills(path, 1.0, 9.0, StillSettings(rate=2.0))
    pictures = [np.asarray(Image.open(io.BytesIO(jpeg))) for _, jpeg in found]
    numbers = [make.read_number(picture) for picture in pictures]
    assert all(picture.shape == (112, 196, 3) for picture in pictures)
    # Each second is that of the very frame that is shown, and what is still shown is not shown again.
    assert [second for second, _ in found] == pytest.approx([float(times[n]) - 1 for n in numbers], abs=0.002)
    assert len(set(numbers)) == len(numbers) < 16
    # What begins before the stretch is shown at its start.
    later = stills(path, 3.0, 4.0, StillSettings(rate=1.0))
    assert later[0][0] == 0.0
    assert make.read_number(np.asarray(Image.open(io.BytesIO(later[0][1])))) == 20


def test_pictures_are_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make.video(tmp_path / "a.mp4", make.Make(frames=100, sound=False))
    store, how = FeatureStore(tmp_path / "store"), StillSettings(rate=1.0, pixels=8000)
    first = kept_stills(store, path, 0, 3, how)
    assert len(first) == 3
    other = kept_stills(store, path, 0, 3, StillSettings(rate=1.0, pixels=4000))
    assert other != first
    with monkeypatch.context() as patched:
        patched.setattr(taking, "stills", lambda *_: pytest.fail("decoded again"))
        assert kept_stills(store, path, 0, 3, how) == first
    kept = sorted((tmp_path / "store").rglob("*.safetensors"))
    for damaged in kept:
        damaged.write_bytes(damaged.read_bytes()[:-5])
    assert kept_stills(store, path, 0, 3, how) == first
    with pytest.raises(InputError, match="before the moment"):
        kept_stills(store, path, 60, 70, how)


def test_settings_of_pictures_are_checked() -> None:
    for wrong in ({"rate": 0}, {"quality": 0}, {"step": 0}, {"pixels": 700}):
        with pytest.raises(SettingsError):
            StillSettings(**wrong)


# --- models on this machine behind questions --------------------------------------------------------------


class Fake:
    """Says what a script tells it, and counts."""

    def __init__(self, *answers: str, fits: bool = True) -> None:
        self.answers, self.asked, self._fits = list(answers), [], fits  # type: ignore[var-annotated]

    def fits(self, messages: Any) -> bool:
        return self._fits

    def say(
        self, conversations: Sequence[Any], names: Sequence[str] = (), progress: Any = None
    ) -> list[Spoken]:
        self.asked += [list(messages) for messages in conversations]
        texts = [self.answers.pop(0) for _ in conversations]
        if any(text == "STOP" for text in texts):
            raise KeyboardInterrupt
        # One token a letter, each half as likely as certain.
        return [
            Spoken(text, True, 10, len(text), tuple((n + 1, math.log(0.5)) for n in range(len(text))))
            for text in texts
        ]


def question(name: str) -> Question[Reading]:
    def read(text: str) -> Reading:
        return read_events(text, ["Goal", "Foul"], 60, confidence=False)

    return Question(name, [{"role": "user", "content": name}], None, read)


def asker(folder: Path, fake: Fake) -> LocalAsker:
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model/config.json").write_text('{"model_type": "mistral"}')
    return LocalAsker(LocalSettings(str(folder / "model")), folder / "answers", speaker=fake)


GOAL = '{"events":[{"label":"Goal","start":3,"end":18},{"label":"Foul","start":30,"end":45}]}'


def test_answers_are_kept_repaired_once_and_as_sure_as_their_words(tmp_path: Path) -> None:
    fake = Fake(GOAL, "Goal at 3!", '{"events":[]}')
    first = asker(tmp_path, fake)
    found = first.ask([question("a"), question("b"), question("a")])
    assert [len(outcome.value.events) if outcome.value else None for outcome in found] == [2, 0, 2]
    assert [outcome.repaired for outcome in found] == [False, True, False]
    assert [len(messages) for messages in fake.asked] == [1, 1, 3], "equal questions are answered once"
    assert "cannot be used: the answer" in fake.asked[2][2]["content"]
    value = found[0].value
    assert value is not None
    assert [event.confidence for event in value.events] == [pytest.approx(0.5**4)] * 2
    assert (first.asked.requests, first.asked.repaired, first.spent.tokens_in) == (3, 1, 30)
    again = asker(tmp_path, Fake()).ask([question("b"), question("a")])
    assert [outcome.value for outcome in again] == [found[1].value, found[0].value]
    assert all(outcome.kept for outcome in again)
    assert first.plan([question("a"), question("c")]).kept == 1


def test_what_cannot_be_repaired_is_told(tmp_path: Path) -> None:
    (outcome,) = asker(tmp_path, Fake("no", "still no")).ask([question("a")])
    assert (outcome.value, outcome.repaired) == (None, False)
    (outcome,) = asker(tmp_path, Fake("never", fits=False)).ask([question("b")])
    assert outcome.value is None, "a repair that is longer than the context is not tried"


def test_a_stop_keeps_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchcut.spotters.local._TOGETHER", 2)
    asked = [question(name) for name in "abcd"]
    with pytest.raises(KeyboardInterrupt):
        asker(tmp_path, Fake(GOAL, GOAL, "STOP", GOAL)).ask(asked)
    fake = Fake(GOAL, GOAL)
    found = asker(tmp_path, fake).ask(asked)
    assert [messages[0]["content"] for messages in fake.asked] == ["c", "d"]
    assert [outcome.kept for outcome in found] == [True, True, False, False]


# --- the command line --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("film")
    # The first half minute is bright, the second dark: what a model can see.
    bright = [n / 10 for n in range(300)]
    how = make.Make(frames=600, rate=Fraction(10), sound=False, beeps=bright)
    video = make.video(folder / "match.mp4", how)
    events = [Event.around(label, at, soccer) for label, at in (("Goal", 12.0), ("Corner", 40.0))]
    return video, EventLog(events, Recording("match.mp4"), "a person").save(folder / "truth.json")


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bases")
    return {"mistral": tiny.mistral(folder / "mistral"), "qwen3_vl": tiny.qwen(folder / "q", "qwen3_vl")}


@pytest.fixture
def how(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(SMALL))
    return path


def test_trained_merged_and_used_by_the_command_line(
    film: tuple[Path, Path],
    bases: dict[str, str],
    how: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    match = ["--match", str(film[0]), str(film[1])]
    given = ["train", "language", bases["qwen3_vl"], "-o", str(tmp_path / "a"), "--vision"]
    learn = SMALL | {
        "lora": {"dropout": 0.0},
        "tuning": {"context": 700, "save_memory": False},
        "loop": {"epochs": 45, "batch": 1, "learning_rate": 0.01, "keep_every": 0},
    }
    how.write_text(json.dumps(learn))
    assert main([*given, *match, "--valid-match", *match[1:], "--settings", str(how)]) == 0
    assert "validation_loss" in capsys.readouterr().out
    head = json.loads((tmp_path / "a/matchcut.json").read_text())
    # As it was asked, so it is asked again: stretches, words, and pictures of whole tokens of 32 pixels.
    setup = read_setup(str(tmp_path / "a"))
    # … and so a server's model can be asked: the file is one for --llm-settings.
    served = read_setup("a", tmp_path / "a/asked.json")
    assert (served.spotting.prompts, served.pictures) == (setup.spotting.prompts, setup.pictures)
    assert served.spotting.chunks == setup.spotting.chunks
    assert (setup.spotting.chunks.length_s, setup.pictures.rate, setup.pictures.step) == (30.0, 0.1, 32)
    assert not setup.spotting.prompts.confidence
    assert (head["kind"], head["training"]["samples"]) == ("qwen3_vl", 2)

    local = {"local": {"most_tokens": 40}}
    (tmp_path / "local.json").write_text(json.dumps(local))
    told = ["--llm-settings", str(tmp_path / "local.json")]
    spot = ["spot", str(film[0]), "-o", str(tmp_path / "out"), "--with", "vlm,shots", "--ask-all", *told]
    assert main([*spot, "--vlm-model", str(tmp_path / "a")]) == 0
    assert "vlm: a " in capsys.readouterr().err
    assert (tmp_path / "out/tracks/vlm.npz").exists()
    found = EventLog.load(tmp_path / "out/events.json")
    assert [(event.label, event.time) for event in found] == [("Goal", 12.0), ("Corner", 40.0)]
    assert all(event.evidence[0].source == "vlm" for event in found)
    assert all(0.3 < (event.score or 0) <= 0.5 for event in found), "a model alone is a hint"
    assert main(["train", "merge", str(tmp_path / "a"), str(tmp_path / "whole")]) == 0
    assert main(["train", "merge", str(tmp_path / "a"), str(tmp_path / "whole")]) == 2
    assert "is there already" in capsys.readouterr().err
    spot[3] = str(tmp_path / "out2")
    assert main([*spot, "--vlm-model", str(tmp_path / "whole")]) == 0
    assert [event.label for event in EventLog.load(tmp_path / "out2/events.json")] == ["Goal", "Corner"]


def test_trained_on_a_file_of_conversations(bases: dict[str, str], how: Path, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": '{"events":[]}'}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": turns}))
    given = ["train", "language", bases["mistral"], "-o", str(tmp_path / "a"), "--settings", str(how)]
    assert main([*given, "--examples", str(tmp_path / "a.jsonl")]) == 0
    assert (tmp_path / "a/adapter_model.safetensors").exists()


def test_trained_on_soccernet(bases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    games = game_list("train")[:2]
    for number, game in enumerate(games):
        for half in (1, 2):
            said = {str(n): [20.0 * n, 20.0 * n + 4, f"half {half} line {n}"] for n in range(3)}
            place = tmp_path / "echoes/whisper_v1" / game / f"{half}_asr.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({"segments": said}))
        rows = [
            {"gameTime": f"{half} - 00:20", "label": "Goal", "position": "20000", "team": "home"}
            | {"visibility": "visible"}
            for half in (1, 2)
        ]
        (tmp_path / "labels" / game).mkdir(parents=True)
        (tmp_path / "labels" / game / "Labels-v2.json").write_text(
            json.dumps({"UrlLocal": game, "annotations": rows})
        )
        if number == 0:
            (tmp_path / "videos" / game).mkdir(parents=True)
            # The second half's video is cut off: what lies behind its end cannot be seen.
            make.video(
                tmp_path / "videos" / game / "1_224p.mkv", make.Make(frames=50, rate=Fraction(1), sound=False)
            )
            make.video(
                tmp_path / "videos" / game / "2_224p.mkv", make.Make(frames=20, rate=Fraction(1), sound=False)
            )
    (tmp_path / "split.json").write_text(json.dumps(games))
    held = Archives(tmp_path / "labels", tmp_path / "echoes", tmp_path / "videos")
    how = {**SMALL, "pairs": {"negatives": 1.0}, "prompt": {"style": "pair"}}
    done = train_language(
        bases["qwen3_vl"], tmp_path / "a", Sources(split=str(tmp_path / "split.json")), None,
        archives=held, see=True, settings=how,
    )  # fmt: skip
    assert any("2 of 4 halves" in note and "have no video" in note for note in done.notes)
    assert any("1 stretches could not be seen" in note for note in done.notes)
    (tmp_path / "local.json").write_text('{"local": {"most_tokens": 8}}')
    given = [
        "predict",
        "language",
        "--echoes",
        str(tmp_path / "echoes"),
        "--split",
        str(tmp_path / "split.json"),
    ]
    given += ["--model", str(tmp_path / "a"), "--llm-settings", str(tmp_path / "local.json")]
    given += ["--games", "1"]
    assert main([*given, "-o", str(tmp_path / "results.zip")]) == 0
    # With pictures, a half at a time; the second half's video ends before its second stretch.
    seen = [*given, "--videos", str(tmp_path / "videos"), "--answers", str(tmp_path / "answers")]
    asked: list[int] = []
    say = LocalSpeaker.say

    def counted(self: LocalSpeaker, conversations: Any, names: Any = (), progress: Any = None) -> Any:
        asked.append(sum(len(pictures_of(messages)) > 0 for messages in conversations))
        return say(self, conversations, names)

    with monkeypatch.context() as patched:
        patched.setattr(LocalSpeaker, "say", counted)
        assert main([*seen, "-o", str(tmp_path / "seen.zip")]) == 0
    assert asked[0] > 17, "17 questions a stretch, each with pictures, of two stretches or more"
    assert asked[0] % 17 == 0
    assert main([*seen, "--dry-run", "-o", str(tmp_path / "seen.zip")]) == 0
    unseen = [*given, "--videos", str(tmp_path / "labels"), "-o", str(tmp_path / "none.zip")]
    assert main(unseen) == 2
    bare = Archives(tmp_path / "labels", tmp_path / "echoes", tmp_path / "labels")
    with pytest.raises(InputError, match="has no video of a game"):
        train_language(
            bases["qwen3_vl"], tmp_path / "b", Sources(split=str(tmp_path / "split.json")), None,
            archives=bare, see=True, settings=how,
        )  # fmt: skip


def _base(folder: Path, name: str) -> Path:
    path = folder / "elsewhere.json"
    path.write_text(json.dumps({"local": {"base": name}}))
    return path


def test_what_cannot_be_trained_or_used_is_told_with_exit_code_2(
    film: tuple[Path, Path],
    bases: dict[str, str],
    how: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    match = ["--match", str(film[0]), str(film[1])]

    def told(*given: object) -> str:
        capsys.readouterr()
        assert main([str(each) for each in given]) == 2
        return capsys.readouterr().err

    start = ["train", "language", bases["mistral"], "-o", tmp_path / "a"]
    assert "'mistral' model, which does not see" in told(*start, *match, "--vision", "--settings", how)
    assert "one of these" in told(*start)
    assert "one of these" in told(*start, *match, "--examples", film[1])
    assert "Give --labels and --echoes" in told(*start, "--labels", tmp_path)
    (tmp_path / "bad.json").write_text('{"colour": {}}')
    assert "no settings of colour" in told(*start, *match, "--settings", tmp_path / "bad.json")
    assert "not on this machine" in told("train", "language", "no/base", "-o", tmp_path / "a", *match)
    assert "was made for 4,096 tokens, and the context is 8,192" in told(*start, *match)
    assert "no conversation to learn from" in told(*start, *match, "--settings", how)
    bare = tiny.mistral(tmp_path / "bare", template=None)
    assert "no chat template" in told(
        "train", "language", bare, "-o", tmp_path / "a", *match, "--settings", how
    )
    assert "there is no such folder" in told("train", "merge", tmp_path / "none", tmp_path / "m")
    spot = ["spot", film[0], "-o", tmp_path / "out", "--with"]
    assert "does not see" in told(*spot, "vlm", "--vlm-model", bases["mistral"])
    turns = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": '{"events":[]}'}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": turns}))
    given = (*start, "--examples", tmp_path / "a.jsonl", "--settings", how)
    assert main([str(each) for each in given]) == 0
    other = tiny.mistral(tmp_path / "other", seed=4)
    (tmp_path / "base.json").write_text(json.dumps({"local": {"base": other}}))
    used = [*spot, "vlm", "--vlm-model", tmp_path / "a"]
    assert "does not see" in told(*used)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:04,000\nin it comes\n")
    read = ["spot", words, "-o", tmp_path / "out3", "--with", "commentary,language", "--ask-all"]
    assert "adapter for another base" in told(
        *read, "--language-model", tmp_path / "a", "--llm-settings", tmp_path / "base.json"
    )
    gone = told(*read, "--language-model", tmp_path / "a", "--llm-settings", _base(tmp_path, "no/base"))
    assert "the weights of no/base are not on this machine" in gone
    assert "--download" not in gone, "spot has no such option"
    assert "hf download no/base" in gone
    (tmp_path / "a/adapter_model.safetensors").write_bytes(b"half")
    assert "half-written or changed" in told(*read, "--language-model", tmp_path / "a")
    (tmp_path / "both.json").write_text(json.dumps({"server": {"model": "m"}}))
    assert "on this machine and on a server" in told(
        *read, "--language-model", bases["mistral"], "--llm-settings", tmp_path / "both.json"
    )
