"""Language models: pictures and positions as the library puts them, packing, adapters, and every refusal."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra 'tune'")
pytest.importorskip("transformers", reason="needs the extra 'tune'")
pytest.importorskip("peft", reason="needs the extra 'tune'")

import tiny_language as tiny  # noqa: E402

from matchcut.errors import InputError, NewerError, OutputError, RequiresExtra, SettingsError  # noqa: E402
from matchcut.models import adapters  # noqa: E402
from matchcut.models.adapters import AdapterHead, merge, open_model, read_adapter, save_adapter  # noqa: E402
from matchcut.models.by_vllm import VllmSpeaker  # noqa: E402
from matchcut.models.chat import Chat, pictures_of  # noqa: E402
from matchcut.models.generate import LocalSpeaker, SayingSettings  # noqa: E402
from matchcut.models.language import LanguageModel, LoadSettings, load_language  # noqa: E402
from matchcut.models.lora import Adapted, LoraSettings, add_lora  # noqa: E402
from matchcut.models.packing import pack  # noqa: E402

torch.set_num_threads(1)

SEEING = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
LEAD = {"role": "system", "content": "You find the moments."}
SHORT = (LEAD, {"role": "user", "content": "When?"})
SHOWN = (
    LEAD,
    {
        "role": "user",
        "content": [
            tiny.said("Look. Picture at second 0.0:"),
            tiny.shown((200, 0, 0)),
            tiny.said("Picture at second 1.0:"),
            tiny.shown((0, 0, 200), 140, 90),
        ],
    },
)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bases")
    found = {kind: tiny.qwen(folder / kind, kind) for kind in SEEING}
    return found | {"mistral": tiny.mistral(folder / "mistral")}


@pytest.fixture(scope="module")
def loaded(bases: dict[str, str]) -> dict[str, LanguageModel]:
    return {kind: load_language(folder) for kind, folder in bases.items()}


def processed(model: LanguageModel) -> Any:
    """The library's own answer for `SHOWN`: its processor, without its half for videos (torchvision)."""
    import transformers

    names = {
        "qwen2_vl": "Qwen2VLProcessor",
        "qwen2_5_vl": "Qwen2_5_VLProcessor",
        "qwen3_vl": "Qwen3VLProcessor",
    }

    class Processor(getattr(transformers, names[model.kind])):  # type: ignore[misc]
        def check_argument_for_proper_class(self, name: str, given: Any) -> type:
            return type(given)

    films = SimpleNamespace(model_input_names=[], merge_size=2)
    whole = Processor(model.pictures, model.tokenizer, films, chat_template=model.tokenizer.chat_template)
    text = model.tokenizer.apply_chat_template(
        [{"role": m["role"], "content": _without_pictures(m["content"])} for m in SHOWN],
        tokenize=False,
        add_generation_prompt=True,
    )
    return whole(text=[text], images=pictures_of(SHOWN), return_tensors="pt")


def _without_pictures(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [part if part["type"] == "text" else {"type": "image"} for part in content]


@pytest.mark.parametrize("kind", SEEING)
def test_pictures_stand_where_the_processor_puts_them(kind: str, loaded: dict[str, LanguageModel]) -> None:
    model = loaded[kind]
    chat = Chat(model)
    ours, theirs = chat.encode(SHOWN), processed(model)
    assert ours.ids.tolist() == theirs["input_ids"][0].tolist()
    assert ours.grid.tolist() == theirs["image_grid_thw"].tolist()
    assert np.array_equal(ours.pixels, theirs["pixel_values"].numpy())
    places = (theirs["mm_token_type_ids"][0] == 1).numpy()
    assert np.array_equal(ours.ids == chat.picture_id, places)
    # Each picture has a quarter as many tokens as patches, together at one place.
    runs = np.flatnonzero(np.diff(np.concatenate([[0], places.astype(int), [0]]))).reshape(-1, 2)
    assert (runs[:, 1] - runs[:, 0]).tolist() == [int(grid.prod()) // 4 for grid in ours.grid]
    assert chat.length(SHOWN) == (len(ours), 0)
    with torch.inference_mode():
        wanted = model.net(**theirs).logits[0, -1]
        packed = pack(model, [[chat.encode(SHOWN, "x")]])
        assert torch.allclose(Adapted(model)(packed.tensors)[0], wanted, atol=1e-4)


@pytest.mark.parametrize("kind", [*SEEING, "mistral"])
def test_packed_conversations_do_not_see_each_other(kind: str, loaded: dict[str, LanguageModel]) -> None:
    model = loaded[kind]
    chat = Chat(model)
    first, other = chat.encode(SHORT, "Goal"), chat.encode(SHORT, "Throw-in, and then a Corner")
    second = chat.encode(SHOWN if model.sees else (LEAD, {"role": "user", "content": "And now?"}), "Foul")
    net = Adapted(model)
    with torch.inference_mode():
        together = net(pack(model, [[first, second], [second]]).tensors)
        beside = net(pack(model, [[other, second], [second, first]]).tensors)
        alone = [net(pack(model, [[each]]).tensors) for each in (first, second, other)]
    assert torch.allclose(together, torch.cat([alone[0], alone[1], alone[1]]), atol=2e-5)
    assert torch.allclose(beside, torch.cat([alone[2], alone[1], alone[1], alone[0]]), atol=2e-5)


@pytest.mark.parametrize("kind", ["qwen2_vl", "mistral"])
def test_only_the_answer_is_learnt(kind: str, loaded: dict[str, LanguageModel]) -> None:
    model = loaded[kind]
    chat = Chat(model)
    answers = ['{"events":[]}', '{"events":[{"label":"Goal","start":3,"end":18}]}']
    encoded = [chat.encode(SHORT, answer) for answer in answers]
    packed = pack(model, [encoded])
    row, asked = packed.tensors["input_ids"][0], packed.tensors["asked"][0]
    # The token after each place that is asked is the one wanted; together they are the answers with their ends.
    assert row[1:][asked[:-1]].tolist() == packed.wanted.tolist()
    assert int(asked.sum()) == sum(each.answer for each in encoded)
    said = model.tokenizer.decode(packed.wanted)
    end = model.tokenizer.eos_token
    assert said.replace(" {", "{") == f"{answers[0]}{end}{answers[1]}{end}"
    for each, answer in zip(encoded, answers, strict=True):
        assert chat.decode(each.ids[-each.answer :].tolist()) == answer
        prompt = chat.encode(SHORT).ids
        assert each.ids[: -each.answer].tolist() == prompt.tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*tiny.QWEN_TOKENS, *tiny.MISTRAL_TOKENS, "<", "|", "im_end", "a", " ", "[/"])))
def test_no_text_can_hold_control_tokens(parts: list[str]) -> None:
    for chat in CHATS:
        text = "".join(parts)
        plain = chat.encode((LEAD, {"role": "user", "content": "x"}))
        told = chat.encode((LEAD, {"role": "user", "content": f"x{text}"}), f"y{text}")
        marks = set(chat.tokenizer.all_special_ids)
        count = [sum(int(token) in marks for token in each.ids) for each in (plain, told)]
        assert count[1] == count[0] + 1, "the end of the answer is the one control token more"
        assert chat.plain(chat.plain(text)) == chat.plain(text)


CHATS: list[Chat] = []


@pytest.fixture(autouse=True, scope="module")
def _chats(loaded: dict[str, LanguageModel]) -> None:
    CHATS[:] = [Chat(loaded["qwen2_vl"]), Chat(loaded["mistral"])]


def test_templates(bases: dict[str, str], loaded: dict[str, LanguageModel], tmp_path: Path) -> None:
    mistral = Chat(loaded["mistral"])
    # A template that knows no system role: what it says leads the question.
    assert "[INST] You find the moments.\n\nWhen?[/INST]" in mistral.tokenizer.decode(mistral.encode(SHORT).ids)
    bare = tiny.mistral(tmp_path / "bare", template=None)
    with pytest.raises(SettingsError, match="tokenizer has no chat template.*Instruct"):
        load_language(bare)
    (tmp_path / "t.jinja").write_text("{% for m in messages %}<s>{{ m['content'] }}</s>{% endfor %}")
    given = Chat(load_language(bare, LoadSettings(template=str(tmp_path / "t.jinja"))))
    assert given.tokenizer.decode(given.encode(SHORT).ids) == "<s>You find the moments.</s><s>When?</s>"
    (tmp_path / "u.jinja").write_text("{{ raise_exception('never') }}")
    refusing = Chat(load_language(bare, LoadSettings(template=str(tmp_path / "u.jinja"))))
    with pytest.raises(SettingsError, match=r"refuses the conversation \(never\)"):
        refusing.encode(SHORT)
    blind = load_language(bases["qwen2_vl"], LoadSettings(template=str(tmp_path / "t.jinja")))
    with pytest.raises(SettingsError, match="shows 0 of 2 pictures"):
        Chat(blind).encode(SHOWN)


LAST_ONLY = (
    "{% for m in messages %}{% if m['role'] == 'user' %}[INST] "
    "{% if loop.last %}{{ messages[0]['content'] }} {% endif %}{{ m['content'] }}[/INST]"
    "{% elif m['role'] == 'assistant' %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
"""As Mistral's later templates: the system's words stand in the last question, nowhere once it is answered."""
NO_ANSWERS = "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ raise_exception('no') }}{% endif %}"


@pytest.mark.parametrize("text", [LAST_ONLY, NO_ANSWERS + "[INST] {{ m['content'] }}[/INST]{% endfor %}"])
def test_templates_that_write_the_answered_conversation_otherwise(
    text: str, bases: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "t.jinja").write_text(text)
    chat = Chat(load_language(bases["mistral"], LoadSettings(template=str(tmp_path / "t.jinja"))))
    asked, learnt = chat.encode(SHORT), chat.encode(SHORT, "Goal")
    # What is learnt from is what is asked, and then the answer with its end.
    assert learnt.ids[: -learnt.answer].tolist() == asked.ids.tolist()
    assert "You find the moments." in chat.tokenizer.decode(asked.ids)
    assert chat.tokenizer.decode(learnt.ids[-learnt.answer :]) == "Goal</s>"


def test_models_that_cannot_be_used(bases: dict[str, str], loaded: dict[str, Any], tmp_path: Path) -> None:
    from transformers import BertConfig

    with pytest.raises(SettingsError, match="'mistral' model, which does not see, and was given video"):
        load_language(bases["mistral"], see=True)
    with pytest.raises(SettingsError, match="does not see"):
        Chat(loaded["mistral"]).encode(SHOWN)
    with pytest.raises(InputError, match="not on this machine.*--download"):
        load_language("nobody/nothing-7b")
    BertConfig().save_pretrained(tmp_path / "clip")
    config = json.loads((tmp_path / "clip/config.json").read_text()) | {"model_type": "clip"}
    (tmp_path / "clip/config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="'clip' model, not a language model"):
        load_language(str(tmp_path / "clip"))
    cut = Path(tiny.mistral(tmp_path / "cut", width=32))
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(InputError, match="cut: cannot be used as a model"):
        load_language(str(cut))
    with pytest.raises(SettingsError, match="a base in 4 bits needs a GPU"):
        load_language(bases["mistral"], LoadSettings(quantise="4bit", device="cpu"))
    with pytest.raises(InputError, match="a picture that is not inside it"):
        Chat(loaded["qwen2_vl"]).encode(
            ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]},)
        )
    with pytest.raises(InputError, match="cannot be read"):
        Chat(loaded["qwen2_vl"]).encode(
            (
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
                },
            )
        )


def test_packages_that_are_missing(bases: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    gone = {"peft", "bitsandbytes", "vllm"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n in gone else there(n, *a))
    with pytest.raises(RequiresExtra, match=r"fine-tuning a language model.*matchcut\[tune\]"):
        add_lora(load_language(bases["mistral"]), LoraSettings())
    with pytest.raises(SettingsError, match=r"vLLM is not installed here.*serving\.md"):
        VllmSpeaker(bases["mistral"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(RequiresExtra, match=r"a base in 8 bits.*matchcut\[quantised\]"):
        load_language(bases["mistral"], LoadSettings(quantise="8bit"))


class FakeVllm(ModuleType):
    """The few names of vLLM that are used; says the same to everybody."""

    def __init__(self) -> None:
        super().__init__("vllm")
        self.__spec__ = importlib.machinery.ModuleSpec("vllm", None)
        self.options: dict[str, Any] = {}
        self.SamplingParams = SimpleNamespace

    def LLM(self, **options: Any) -> Any:  # noqa: N802 - its own name
        self.options = options
        return SimpleNamespace(chat=self.chat, get_tokenizer=lambda: SimpleNamespace(encode=str.split))

    def chat(self, conversations: Any, sampling: Any, lora_request: Any, use_tqdm: bool) -> Any:
        self.asked = (conversations, sampling, lora_request)
        chances = [
            {7: SimpleNamespace(decoded_token=" Go", logprob=-0.1)},
            {8: SimpleNamespace(decoded_token="al", logprob=-0.2)},
        ]
        said = SimpleNamespace(text=" Goal", token_ids=[7, 8], logprobs=chances, finish_reason="stop")
        return [SimpleNamespace(outputs=[said], prompt_token_ids=[1, 2, 3]) for _ in conversations]


def test_vllm_is_asked_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, lora = FakeVllm(), ModuleType("vllm.lora.request")
    lora.LoRARequest = lambda *given: given  # type: ignore[attr-defined]
    for name, module in (("vllm", fake), ("vllm.lora", ModuleType("vllm.lora")), ("vllm.lora.request", lora)):
        monkeypatch.setitem(sys.modules, name, module)
    how = SayingSettings(most_tokens=4)
    speaker = VllmSpeaker("base", how, Path("a"), rank=20, pictures=64, context=9)
    wanted = {"model": "base", "max_model_len": 9, "seed": 0, "limit_mm_per_prompt": {"image": 64}}
    assert fake.options == wanted | {"enable_lora": True, "max_lora_rank": 32}
    (said, _) = speaker.say([SHOWN, SHORT])
    assert (said.text, said.ended, said.tokens_in, said.tokens_out) == ("Goal", True, 3, 2)
    assert said.sureness(0, 4) == pytest.approx(np.exp(-0.3))
    conversations, sampling, request = fake.asked
    assert conversations == [list(SHOWN), list(SHORT)]
    assert (sampling.temperature, sampling.max_tokens, request) == (0.0, 4, ("matchcut", 1, "a"))
    assert speaker.fits(({"role": "user", "content": "a b c d e"},))
    assert not speaker.fits(({"role": "user", "content": "a b c d e f"},))


def adapted(base: str, how: LoraSettings, seed: int = 3) -> LanguageModel:
    """A model with adapters that change what it says."""
    torch.manual_seed(seed)
    model = add_lora(load_language(base), how)
    with torch.no_grad():
        for name, weight in model.net.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.05)
    model.net.eval()
    return model


def logits(model: LanguageModel) -> Any:
    chat = Chat(model)
    packed = pack(model, [[chat.encode(SHOWN if model.sees else SHORT, "Goal")]])
    with torch.inference_mode():
        return Adapted(model)(packed.tensors)


def test_a_base_in_a_folder_is_found_from_another(
    bases: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: Any, **__: Any) -> bool:
        raise AssertionError("the hub is asked")

    monkeypatch.setattr("peft.utils.save_and_load.check_file_exists_on_hf_hub", asked)
    monkeypatch.chdir(Path(bases["mistral"]).parent)
    save_adapter(
        adapted(Path(bases["mistral"]).name, LoraSettings(rank=2)), tmp_path / "a", AdapterHead(), "a card"
    )
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    assert open_model("../a")[0].kind == "mistral"
    config = json.loads((tmp_path / "a/adapter_config.json").read_text())
    (tmp_path / "a/adapter_config.json").write_text(
        json.dumps(config | {"base_model_name_or_path": "gone/base"})
    )
    assert open_model("../a", base=bases["mistral"])[0].kind == "mistral"


@pytest.mark.parametrize("kind", ["mistral", "qwen2_vl", "qwen2_5_vl", "qwen3_vl"])
def test_an_adapter_is_found_again_and_merged(kind: str, bases: dict[str, str], tmp_path: Path) -> None:
    how = LoraSettings(rank=4, sight=kind == "qwen2_5_vl")
    model = adapted(bases[kind], how)
    learning = [name for name, weight in model.net.named_parameters() if weight.requires_grad]
    assert any("visual" in name for name in learning) == how.sight
    assert set(Adapted(model).state_dict()) == set(learning)
    wanted, plain = logits(model), logits(load_language(bases[kind]))
    assert not torch.allclose(wanted, plain, atol=1e-2)
    save_adapter(model, tmp_path / "a", AdapterHead(prompt={"style": "chunk"}), "a card")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert json.loads((tmp_path / "a/asked.json").read_text()) == {"style": "chunk"}
    names.remove("asked.json")
    assert names == ["README.md", "adapter_config.json", "adapter_model.safetensors", "matchcut.json"]
    again, head = open_model(str(tmp_path / "a"))
    assert (head.base, head.kind, head.prompt) == (bases[kind], kind, {"style": "chunk"})
    assert torch.equal(logits(again), wanted)
    merge(str(tmp_path / "a"), tmp_path / "whole", precision="float32")
    whole, told = open_model(str(tmp_path / "whole"))
    assert not hasattr(whole.net, "peft_config")
    assert told.prompt == {"style": "chunk"}
    assert torch.allclose(logits(whole), wanted, atol=1e-4)
    with pytest.raises(OutputError, match="is there already"):
        merge(str(tmp_path / "a"), tmp_path / "whole")
    with pytest.raises(InputError, match="whole model already"):
        merge(bases[kind], tmp_path / "more")
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".writing")]


def test_adapters_that_cannot_be_used(bases: dict[str, str], tmp_path: Path) -> None:
    model = adapted(bases["mistral"], LoraSettings(rank=4))
    folder = save_adapter(model, tmp_path / "a", AdapterHead(), "card")
    other = tiny.mistral(tmp_path / "other", seed=5)
    wider = tiny.mistral(tmp_path / "wider", seed=0, width=96)
    for base in (other, wider, bases["qwen2_vl"]):
        with pytest.raises(InputError, match="is an adapter for another base"):
            open_model(str(folder), base=base)
    head = json.loads((folder / adapters.HEAD).read_text())
    weights = (folder / adapters.WEIGHTS).read_bytes()
    (folder / adapters.WEIGHTS).write_bytes(weights[:-40] + bytes(40))
    with pytest.raises(InputError, match="half-written or changed"):
        read_adapter(folder)
    (folder / adapters.WEIGHTS).unlink()
    with pytest.raises(InputError, match=r"half-written adapter: adapter_model\.safetensors is missing"):
        open_model(str(folder))
    (folder / adapters.WEIGHTS).write_bytes(weights)
    (folder / adapters.HEAD).write_text(json.dumps(head | {"version": 2}))
    with pytest.raises(NewerError, match="Update matchcut"):
        read_adapter(folder)
    (folder / adapters.HEAD).write_text(json.dumps(head | {"colour": 2}))
    with pytest.raises(SettingsError, match="there is no colour"):
        read_adapter(folder)
    # Without our head it is peft's own: the base is told by shapes alone, if its training did not just stop.
    (folder / adapters.HEAD).unlink()
    assert open_model(str(folder))[1].identity == ""
    for base in (wider, bases["qwen2_vl"]):
        with pytest.raises(InputError, match="is an adapter for another base than"):
            open_model(str(folder), base=base)
    (folder / adapters.WEIGHTS).write_bytes(weights[:300])
    with pytest.raises(InputError, match="cannot be used as a model"):
        open_model(str(folder))
    (folder / "training").mkdir()
    with pytest.raises(InputError, match=r"half-written adapter: matchcut\.json is missing"):
        read_adapter(folder)
    (folder / adapters.CONFIG).write_text('{"peft_type": "IA3"}')
    with pytest.raises(InputError, match="does not describe a LoRA adapter"):
        read_adapter(folder)


def test_an_identity_is_the_checkpoints(bases: dict[str, str], tmp_path: Path) -> None:
    found = load_language(bases["mistral"]).identity
    assert load_language(bases["mistral"], LoadSettings(precision="bfloat16")).identity == found
    assert load_language(tiny.mistral(tmp_path / "same")).identity == found
    assert load_language(tiny.mistral(tmp_path / "other", seed=1)).identity != found


@pytest.mark.parametrize("kind", ["mistral", "qwen2_vl"])
def test_many_answers_at_once_are_those_of_one_at_a_time(kind: str, loaded: dict[str, LanguageModel]) -> None:
    model = loaded[kind]
    asked = [(LEAD, {"role": "user", "content": "Which actions happen in it? " * n}) for n in (1, 4, 2)] + (
        [SHOWN, SHORT] if model.sees else [SHORT]
    )
    one = LocalSpeaker(model, SayingSettings(most_tokens=12, batch=1)).say(asked)
    told: list[tuple[float, float]] = []
    speaker = LocalSpeaker(model, SayingSettings(most_tokens=12, batch=4))
    many = speaker.say(asked, progress=lambda done, total: told.append((done, total)))
    assert [each.text for each in many] == [each.text for each in one]
    assert [each.tokens_in for each in many] == [len(speaker.chat.encode(messages)) for messages in asked]
    assert told[-1] == (len(asked), len(asked))
    assert all(each.tokens_out == 12 or each.ended for each in many)
    assert not all(each.ended for each in many)
    for each, single in zip(many, one, strict=True):
        assert 0 <= each.sureness(0, 5) <= 1
        assert each.sureness(0, 9999) == pytest.approx(single.sureness(0, 9999), rel=1e-3)
    # The product over its tokens, those before the first letter left out.
    chances = [chance for until, chance in many[0].pieces if until > 0]
    assert many[0].sureness(0, 9999) == pytest.approx(np.exp(sum(chances)), abs=0)
    with pytest.raises(SettingsError, match=r"second: has .* the context of .* has 4,096"):
        LocalSpeaker(model, SayingSettings(most_tokens=3900)).say(
            [SHORT, (LEAD, {"role": "user", "content": "Goal " * 300})], ["first", "second"]
        )
