"""Fine-tuning on tiny models of the real architectures: it memorises chunks, and what it learnt comes back."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra 'tune'")
pytest.importorskip("transformers", reason="needs the extra 'tune'")
pytest.importorskip("peft", reason="needs the extra 'tune'")

import tiny_language as tiny  # noqa: E402

from matchcut.datasets.chunks import Chunk, Happening  # noqa: E402
from matchcut.encoders.stills import Still  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.language.prompts import PromptSettings  # noqa: E402
from matchcut.models.adapters import open_model, read_adapter  # noqa: E402
from matchcut.models.chat import Chat  # noqa: E402
from matchcut.models.language import load_language  # noqa: E402
from matchcut.recording import Recording  # noqa: E402
from matchcut.spotters.language import LanguageSettings, LanguageSpotter  # noqa: E402
from matchcut.spotters.local import LocalAsker, LocalSettings  # noqa: E402
from matchcut.training.language.rows import batches_of, rows_of  # noqa: E402
from matchcut.training.language.run import FineTuning, fine_tune  # noqa: E402
from matchcut.training.language.samples import ChunkSamples, JsonLines, Sample  # noqa: E402
from matchcut.training.language.task import AnswerTask, TuningSettings, measure  # noqa: E402
from matchcut.training.loop import Share  # noqa: E402
from matchcut.training.state import load_tensors  # noqa: E402
from matchcut.transcript import Utterance  # noqa: E402

torch.set_num_threads(1)

LABELS = ("Goal", "Corner", "Foul", "Throw-in", "Offside")
WORDS = ("red", "oak", "sun", "ice", "fog", "sea", "ash", "elm", "bay", "owl")


def chunk(number: int) -> Chunk:
    """A minute of which two words tell what happens when, if one remembers it."""
    words = f"{WORDS[number % 10]} {WORDS[(number * 7 + number // 10) % 10]}"
    time = float(8 + (11 * number) % 44)
    truth = () if number % 10 == 9 else (Happening(LABELS[number % 5], time, time - 7.5, time + 7.5),)
    return Chunk("a match", 60.0 * number, 60.0 * number + 60, (Utterance(3, 6, words),), truth, "soccer", "en")


CHUNKS = [chunk(number) for number in range(20)]
PAIR = PromptSettings("pair", confidence=False)


def look(of: Chunk) -> Sequence[Still]:
    """A picture of a chunk: its colour is the number's."""
    number = round(of.start / 60)
    url = tiny.shown((12 * number, 255 - 12 * number, 50 * number % 255), 56, 56)["image_url"]["url"]
    return [(30.0, base64.b64decode(url.split(",")[1]))]


class Shortly:
    """Chunk samples without the long instructions, which a tiny model on a slow machine need not read."""

    def __init__(self, samples: ChunkSamples) -> None:
        self.samples, self.digest = samples, samples.digest

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, place: int, /) -> Sample:
        found = self.samples[place]
        return Sample(found.name, tuple(shortly(found.messages)), found.answer)


def shortly(messages: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(message) for message in messages if message["role"] != "system"]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bases")
    return {"mistral": tiny.mistral(folder / "mistral"), "qwen2_vl": tiny.qwen(folder / "qwen2_vl")}


def how(epochs: int, **more: Any) -> FineTuning:
    loop = {"epochs": epochs, "batch": 2, "accumulate": 1, "learning_rate": 0.01, "keep_every": 0}
    tuning = {"context": 1024, "save_memory": False}
    return FineTuning.read(
        {
            "lora": {"rank": 16, "dropout": 0.0} | more.pop("lora", {}),
            "tuning": tuning | more.pop("tuning", {}),
            "loop": loop | more,
        }
    )


@pytest.mark.parametrize("kind", ["mistral", "qwen2_vl"])
def test_twenty_chunks_are_memorised_and_come_back_as_events(
    kind: str, bases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees = kind == "qwen2_vl"
    prompt = PromptSettings("chunk", confidence=False)
    samples = Shortly(ChunkSamples(CHUNKS, prompt, look=look if sees else None))
    assert len(samples) == 20
    asked = {"prompt": {"style": "chunk"}}
    settings = how(30, tuning={"context": 256})
    done = fine_tune(bases[kind], tmp_path / "a", samples, None, settings, see=sees, asked=asked)
    rows = (tmp_path / "a/training/log.csv").read_text().splitlines()
    first, last = (float(row.split(",")[1]) for row in (rows[1], rows[-1]))
    assert last < 0.06 < 1 < first
    assert done.figures["training_loss"] == last
    assert read_adapter(tmp_path / "a").prompt == asked
    card = (tmp_path / "a/README.md").read_text()
    assert "from 20 conversations" in card
    assert f"base_model: {bases[kind]}" in card

    # From here on everything is read from the folder, as another program would.
    local = LocalSettings(str(tmp_path / "a"), most_tokens=64, batch=20)
    asker = LocalAsker(local, tmp_path / "answers", see=sees)
    spotter = LanguageSpotter(asker, LanguageSettings(prompts=prompt, share=1.0))
    put = spotter._questions
    monkeypatch.setattr(
        spotter,
        "_questions",
        lambda *given: [
            (place, type(q)(q.name, shortly(q.messages), q.schema, q.read)) for place, q in put(*given)
        ],
    )
    from matchcut.language.prompts import picture_parts

    pictures = {n: picture_parts(look(one)) for n, one in enumerate(CHUNKS)} if sees else None
    heard = spotter.hear(CHUNKS, pictures)
    assert not heard.unusable
    assert not heard.dropped
    found = heard.detections(Recording("a match", duration=1200.0))
    wanted = [(one.truth[0].label, one.start + one.truth[0].time) for one in CHUNKS if one.truth]
    assert [event.label for event in found] == [label for label, _ in wanted]
    assert np.allclose([event.time for event in found], [time for _, time in wanted], atol=1.0)
    # How sure it is comes from the probabilities of its own words.
    assert all(0.3 < (event.score or 0) <= 1 for event in found)
    assert len({event.score for event in found}) > 10
    # What was answered is not asked again: no model is loaded.
    again = LocalAsker(local, tmp_path / "answers", see=sees, speaker=None)
    monkeypatch.setattr(LocalSettings, "speaker", lambda *_: pytest.fail("a model was loaded"))
    spotter.asker = again
    assert spotter.hear(CHUNKS, pictures).detections(Recording("a match", duration=1200.0)) == found


def weights(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("kind", ["mistral", "qwen2_vl"])
def test_an_interrupted_training_goes_on_to_the_same_bits(
    kind: str, bases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees = kind == "qwen2_vl"
    samples = Shortly(ChunkSamples(CHUNKS[:8], PAIR, negatives=1.0, look=look if sees else None))
    tests = Shortly(ChunkSamples(CHUNKS[8:12], PAIR, look=look if sees else None))
    tuning = {"context": 200, "save_memory": True}
    settings = how(2, lora={"dropout": 0.2}, tuning=tuning, accumulate=2, keep_every=1)
    whole = fine_tune(bases[kind], tmp_path / "whole", samples, tests, settings, see=sees)
    assert set(whole.figures) >= {"validation_loss", "tokens_right", "rows_filled"}
    taken = AnswerTask.batch
    count = 0

    def stopped(self: AnswerTask, *given: Any) -> Any:
        nonlocal count
        count += 1
        if count == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return taken(self, *given)

    monkeypatch.setattr(AnswerTask, "batch", stopped)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(bases[kind], tmp_path / "cut", samples, tests, settings, see=sees)
    with pytest.raises(InputError, match=r"adapter_config\.json is missing"):
        open_model(str(tmp_path / "cut"))
    fine_tune(bases[kind], tmp_path / "cut", samples, tests, settings, see=sees)
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    # A checkpoint holds what learns, not the base.
    tensors, head = load_tensors(tmp_path / "cut/training/checkpoint.safetensors")
    assert all("lora_" in name for name in tensors)
    assert sum(name.startswith("net.") for name in tensors) == 28
    assert head["task"]["base"] == whole.model.identity
    with pytest.raises(SettingsError, match="data .* became"):
        fine_tune(bases[kind], tmp_path / "cut", tests, None, settings, see=sees)


def test_parts_of_a_step_weigh_every_token_the_same(bases: dict[str, str]) -> None:
    samples = Shortly(ChunkSamples(CHUNKS[:9], PromptSettings("chunk", confidence=False)))
    gradients = []
    for packed, parts in ((True, 1), (True, 3), (False, 1), (False, 4)):
        torch.manual_seed(0)
        from matchcut.models.lora import LoraSettings, add_lora

        model = add_lora(load_language(bases["mistral"]), LoraSettings(rank=4, dropout=0.0))
        measured = measure(Chat(model), samples, 400)
        settings = TuningSettings(400, packed, False, batch=99)
        task = AnswerTask(model, measured, measure(Chat(model), samples, 400), settings, {})
        assert task.steps(0) == 1
        total = 0
        for part in range(parts):
            batch, size = task.batch(0, 0, Share(part, parts), torch.device("cpu"))
            total += size
            if size:
                (task.loss(task.net, batch) * size / task.size(0, 0)).backward()
        assert total == task.size(0, 0) == sum(measured.answers)
        found = [p.grad.clone() for n, p in model.net.named_parameters() if "lora_B" in n]
        gradients.append(torch.cat([grad.flatten() for grad in found]))
        checked = task.validate(task.net, torch.device("cpu"))["validation_loss"]
    for other in gradients[1:]:
        assert torch.allclose(other, gradients[0], atol=1e-5)
    assert checked > 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 100), max_size=700), st.booleans(), st.integers(0, 5), st.integers(1, 9))
def test_rows_and_batches(lengths: list[int], packed: bool, seed: int, batch: int) -> None:
    rows = rows_of(lengths, 100, packed, seed)
    assert sorted(place for row in rows for place in row) == list(range(len(lengths)))
    totals = [sum(lengths[place] for place in row) for row in rows]
    assert all(total <= 100 for total in totals)
    if packed and 1 < len(lengths) <= 512:
        # Best fit decreasing: no two rows would fit into one.
        least = sorted(totals)
        assert len(rows) < 2 or least[0] + least[1] > 100
    if not packed:
        assert all(len(row) == 1 for row in rows)
    for epoch in (0, 1):
        steps = batches_of(totals, batch, seed, epoch)
        assert sorted(row for step in steps for row in step) == list(range(len(rows)))
        if steps:
            assert max(map(len, steps)) - min(map(len, steps)) <= 1
        assert steps == batches_of(totals, batch, seed, epoch)


def test_rows_of_a_step_are_of_like_length() -> None:
    totals = np.random.default_rng(0).integers(10, 1000, 400).tolist()
    steps = batches_of(totals, 8, 0, 0)
    padded = sum(max(totals[row] for row in step) * len(step) for step in steps)
    drawn = [totals[at : at + 8] for at in range(0, 400, 8)]
    assert padded - sum(totals) < 0.25 * (sum(max(some) * 8 for some in drawn) - sum(totals))
    assert steps != sorted(steps, key=lambda step: totals[step[0]]), "the steps are in random order"


def test_what_is_too_long_is_refused_or_left_out(bases: dict[str, str], tmp_path: Path) -> None:
    samples = ChunkSamples(CHUNKS[:3], PromptSettings("chunk", confidence=False))
    with pytest.raises(InputError, match=r"a match 0-60: has [\d,]+ tokens.*leave long ones out"):
        fine_tune(bases["mistral"], tmp_path, samples, None, how(1, tuning={"context": 200}))
    left = how(1, tuning={"context": 200, "leave_long": True})
    with pytest.raises(InputError, match="there is no conversation to learn from"):
        fine_tune(bases["mistral"], tmp_path, samples, None, left)
    with pytest.raises(SettingsError, match="was made for 4,096 tokens, and the context is 8,192"):
        fine_tune(bases["mistral"], tmp_path, samples, None, how(1, tuning={"context": 8192}))
    with pytest.raises(SettingsError, match="which does not see, and was given video"):
        fine_tune(bases["mistral"], tmp_path, samples, None, how(1), see=True)
    short = [*CHUNKS[:2], Chunk("long", 0, 60, tuple(Utterance(n, n + 1, "word " * 20) for n in range(40)), ())]
    kept = Shortly(ChunkSamples(short, PromptSettings("chunk", confidence=False)))
    done = fine_tune(bases["mistral"], tmp_path, kept, None, left)
    assert done.notes == ("1 conversations are longer than 200 tokens and were left out",)
    assert not list(Path(tmp_path).rglob(".writing*"))


def test_settings_are_checked() -> None:
    found = FineTuning.read({"loop": {"batch": 6}, "stills": {"rate": 2.0}})
    assert (found.loop.accumulate, found.loop.schedule, found.stills.rate) == (6, "cosine", 2.0)
    # A picture has the same number of tokens, whatever a token's pixels are.
    for step in (28, 32):
        shown = FineTuning.read({"stills": {"step": step}}).stills
        assert shown.size(1280, 720) == (11 * step, 6 * step)
    for wrong in (
        {"colour": {}},
        {"lora": 3},
        {"lora": {"rank": 0}},
        {"loop": {"average": 0.9}},
        {"load": {"quantise": "2bit"}},
        {"tuning": {"context": 1}},
    ):
        with pytest.raises(SettingsError):
            FineTuning.read(wrong)


def test_a_file_of_conversations(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    turns = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "Now"}]
    seen = [{"role": "user", "content": [tiny.said("x"), tiny.shown((1, 2, 3))]}, turns[1]]
    path.write_text("\n".join(["", json.dumps({"messages": turns}), "", json.dumps({"messages": seen})]))
    found = JsonLines(path)
    assert len(found) == 2
    assert (found[0].messages, found[0].answer) == ((turns[0],), "Now")
    assert found[1].messages[0]["content"] == seen[0]["content"]
    assert found[1].name.endswith("line 4")
    bad: list[tuple[Any, str]] = [
        ({"messages": turns[:1]}, "no conversation"),
        ({"messages": turns[::-1]}, "does not end with what the assistant says"),
        ({"messages": [{"role": "robot", "content": "x"}, turns[1]]}, "no conversation"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}, turns[1]]}, "no conversation"),
        ([turns], "no conversation"),
    ]
    for value, why in bad:
        path.write_text(json.dumps({"messages": turns}) + "\n" + json.dumps(value))
        with pytest.raises(InputError, match=f"line 2: .*{why}|line 2.*{why}"):
            JsonLines(path)
    path.write_text('{"messages": [')
    with pytest.raises(InputError, match="line 1.*not JSON"):
        JsonLines(path)
    path.write_text("\n")
    with pytest.raises(InputError, match="holds no conversation"):
        JsonLines(path)
    with pytest.raises(InputError, match="no such file"):
        JsonLines(tmp_path / "none.jsonl")
