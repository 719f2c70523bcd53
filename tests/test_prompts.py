"""Prompts: each label of a sport has some, a person's own take their place, a label without one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcut.errors import InputError, LabelError, MatchcutError, SettingsError
from matchcut.sport import HIGHLIGHT, Sport, baseball, soccer
from matchcut.sport.prompts import Prompts, prompts_of, read_prompts


@pytest.mark.parametrize("sport", [soccer, baseball])
def test_every_label_has_several_prompts_of_its_own(sport: Sport) -> None:
    found = prompts_of(sport).for_labels(sport.names)
    assert tuple(found) == sport.names
    every = [text for texts in found.values() for text in texts]
    assert len(every) == len(set(every)), "two labels share a sentence"
    for texts in found.values():
        assert len(texts) >= 3
        assert not any("{" in text or " a a " in text or "  " in text for text in texts)
        assert not any(f" a {vowel}" in text for text in texts for vowel in "aeio")


def test_the_papers_prompt() -> None:
    assert "a photo of a corner kick in a soccer match" in prompts_of(soccer).of("Corner")
    assert "a photo of an indirect free kick passed to a teammate in a soccer match" in prompts_of(soccer).of(
        "Indirect free-kick"
    )


def test_a_sport_of_which_we_know_nothing_gets_its_labels_own_words() -> None:
    other = Sport("darts", (soccer.label("Foul"),), ())
    assert prompts_of(other).of("Foul") == ("a photo of a foul",)


def test_a_label_without_a_prompt_is_named() -> None:
    with pytest.raises(LabelError, match=f"no prompt for '{HIGHLIGHT.name}'"):
        prompts_of(soccer).of(HIGHLIGHT.name)
    with pytest.raises(LabelError, match="no prompt for 'Conrer', 'Sneeze' .is 'Corner' meant"):
        prompts_of(soccer).for_labels(["Goal", "Conrer", "Sneeze"])


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_a_persons_own(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.json",
        {
            "templates": ["{} on television"],
            "labels": {"corner": "flag kick", "Goal": ["ball in the net", "cheering"]},
            "prompts": {"Foul": ["somebody lies on the grass"], "Goal": ["joy"]},
        },
    )
    prompts = read_prompts(path)
    assert prompts.of("Corner") == ("flag kick on television",)
    assert prompts.of("Goal") == ("ball in the net on television", "cheering on television", "joy")
    assert prompts.of("Foul") == ("somebody lies on the grass",)
    assert prompts.of("Penalty") == ("penalty kick on television",)
    assert read_prompts(write(tmp_path / "again.json", prompts.to_json())) == prompts


def test_templates_alone_keep_our_phrases(tmp_path: Path) -> None:
    prompts = read_prompts(write(tmp_path / "p.json", {"templates": ["see: {}"]}), baseball)
    assert prompts.of("foul") == ("see: foul ball",)


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        ([], InputError, "no prompts"),
        ({}, InputError, "no prompts"),
        ({"template": ["a {}"]}, InputError, "no prompts"),
        ({"templates": []}, InputError, "not a list of texts"),
        ({"templates": "a {}"}, InputError, "not a list of texts"),
        ({"templates": ["a photo"]}, SettingsError, "one {}"),
        ({"templates": ["{} and {}"]}, SettingsError, "one {}"),
        ({"templates": ["a {name} {}"]}, SettingsError, "one {}"),
        ({"labels": ["Corner"]}, InputError, "not an object of labels"),
        ({"labels": {"Corner": 5}}, InputError, "Corner: not a list of texts"),
        ({"labels": {"Corner": []}}, InputError, "Corner: not a list of texts"),
        ({"labels": {"Corner": " "}}, SettingsError, "'Corner' has an empty prompt"),
        ({"labels": {"Conrer": "x"}}, LabelError, "no action 'Conrer'"),
        ({"prompts": {"Goal": [None]}}, InputError, "not a list of texts"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, value: Any, error: type[MatchcutError], match: str) -> None:
    with pytest.raises(error, match=match):
        read_prompts(write(tmp_path / "p.json", value))


def test_phrases_need_a_template() -> None:
    with pytest.raises(SettingsError, match="no template"):
        Prompts((), {"Goal": ("goal",)})
    assert Prompts((), {}, {"Goal": ("joy",)}).of("Goal") == ("joy",)


@given(st.dictionaries(st.sampled_from(soccer.names), st.lists(st.text(min_size=1), min_size=1, max_size=3)))
def test_phrases_stand_in_templates_whatever_they_are(phrases: dict[str, list[str]]) -> None:
    usable = {label: tuple(t for t in texts if t.strip()) for label, texts in phrases.items()}
    usable = {label: texts for label, texts in usable.items() if texts}
    prompts = Prompts(("see {}", "{}"), usable)
    for label, texts in usable.items():
        assert len(prompts.of(label)) <= 2 * len(texts)
        assert len(set(prompts.of(label))) == len(prompts.of(label))
