"""The sentences that stand for each action where images are compared with words.

A label's prompts are its phrases put into templates; an encoder averages over them. Several templates are
better than one, since each names a place and a medium that an image may or may not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.errors import InputError, LabelError, SettingsError, nearest
from matchcut.sport import Sport, soccer

SLOT = "{}"

_SOCCER_TEMPLATES = (
    "a photo of a {} in a soccer match",
    "a photo of a {} in a football game",
    "a broadcast picture of a {} in a soccer match",
    "soccer players during a {}",
    "a replay of a {} in a soccer match",
)
_BASEBALL_TEMPLATES = (
    "a photo of a {} in a baseball game",
    "a broadcast picture of a {} in a baseball game",
    "a baseball player during a {}",
    "a replay of a {} in a baseball game",
)
_SOCCER_PHRASES = {
    "Penalty": ("penalty kick",),
    "Kick-off": ("kick-off from the centre spot",),
    "Goal": ("goal being scored", "goal celebration"),
    "Substitution": ("substitution with the numbers on a board",),
    "Offside": ("player caught offside with the assistant referee's flag up",),
    "Shots on target": ("shot on target saved by the goalkeeper",),
    "Shots off target": ("shot that misses the goal",),
    "Clearance": ("defender clearing the ball", "goal kick by the goalkeeper"),
    "Ball out of play": ("ball going out of play",),
    "Throw-in": ("throw-in from the touchline",),
    "Foul": ("foul on a player who lies on the ground",),
    "Indirect free-kick": ("indirect free kick passed to a teammate",),
    "Direct free-kick": ("direct free kick with a wall of players",),
    "Corner": ("corner kick",),
    "Yellow card": ("yellow card shown by the referee",),
    "Red card": ("red card shown by the referee",),
    "Yellow->red card": ("second yellow card followed by a red card",),
}
_BASEBALL_PHRASES = {
    "ball": ("pitch outside the strike zone",),
    "strike": ("called strike",),
    "swing": ("batter swinging the bat",),
    "hit": ("batter hitting the ball",),
    "foul": ("foul ball",),
    "in play": ("ball hit into the field of play",),
    "bunt": ("bunt",),
    "hit by pitch": ("batter hit by a pitch",),
}


@dataclass(frozen=True)
class Prompts:
    """Templates, and what is put into them for each label.

    Attributes:
        templates: sentences with one ``{}``.
        phrases: label → phrases, without an article.
        whole: label → sentences that are used as they are, beside those of the templates.

    Raises:
        SettingsError: a template has no ``{}`` or more than one, or a text is empty.
    """

    templates: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    whole: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for template in self.templates:
            if template.count(SLOT) != 1 or template.replace(SLOT, "").count("{"):
                raise SettingsError(
                    f"a template has one {SLOT}, for the phrase, and {template!r} has not",
                    f'Write it as "a photo of a {SLOT} in a soccer match"',
                )
        for label, texts in (*self.phrases.items(), *self.whole.items()):
            if not texts or not all(text.strip() for text in texts):
                raise SettingsError(f"label {label!r} has an empty prompt", "Write one, or leave the label out")
        if self.phrases and not self.templates:
            raise SettingsError("there are phrases, and no template to put them in", f"Write one with {SLOT}")

    def of(self, label: str) -> tuple[str, ...]:
        """A label's sentences, none twice.

        Raises:
            LabelError: it has none.
        """
        sentences = [t.replace(SLOT, phrase) for phrase in self.phrases.get(label, ()) for t in self.templates]
        found = tuple(dict.fromkeys((*map(_with_an, sentences), *self.whole.get(label, ()))))
        if not found:
            raise self._lacking([label])
        return found

    def for_labels(self, labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The sentences of each label, in the order given.

        Raises:
            LabelError: some have none; the message names them.
        """
        wanted = list(labels)
        lacking = [label for label in wanted if label not in self.phrases and label not in self.whole]
        if lacking:
            raise self._lacking(lacking)
        return {label: self.of(label) for label in wanted}

    def to_json(self) -> dict[str, Any]:
        """The prompts as `read_prompts` reads them."""
        return {
            "templates": list(self.templates),
            "labels": {label: list(texts) for label, texts in self.phrases.items()},
            "prompts": {label: list(texts) for label, texts in self.whole.items()},
        }

    def _lacking(self, labels: list[str]) -> LabelError:
        near = nearest(labels[0], [*self.phrases, *self.whole], count=1)
        hint = f" (is {near[0]!r} meant?)" if near else ""
        names = ", ".join(map(repr, labels))
        return LabelError(
            f"there is no prompt for {names}{hint}",
            'Add it to the prompts file: {"labels": {"NAME": "phrase"}}',
        )


def prompts_of(sport: Sport) -> Prompts:
    """Our own prompts for a sport: every label of its data set has some.

    >>> prompts_of(soccer).of("Corner")[0]
    'a photo of a corner kick in a soccer match'
    """
    if sport.name == "baseball":
        return Prompts(_BASEBALL_TEMPLATES, {k: tuple(v) for k, v in _BASEBALL_PHRASES.items()})
    if sport.name == "soccer":
        return Prompts(_SOCCER_TEMPLATES, {k: tuple(v) for k, v in _SOCCER_PHRASES.items()})
    return Prompts(("a photo of a {}",), {label.name: (label.singular,) for label in sport.labels})


def read_prompts(path: Path | str, sport: Sport = soccer) -> Prompts:
    """A person's own prompts; what the file does not name stays ours.

    The file holds one or more of ``{"templates": ["a photo of a {} …"], "labels": {"Corner": "corner kick"},
    "prompts": {"Foul": ["a whole sentence"]}}``. Its templates take the place of ours, a label's phrases under
    "labels" those of that label; sentences under "prompts" are used as they are instead of that label's
    phrases, unless "labels" names it too.

    Args:
        path: the JSON file.
        sport: whose labels they are.

    Raises:
        InputError: it is not of this shape.
        LabelError: it names a label that the sport does not have.
        SettingsError: a template or a text cannot be used.
    """
    value = files.read_json(path)
    known = ("templates", "labels", "prompts")
    if not isinstance(value, dict) or not value or set(value) - set(known):
        raise InputError(f"{path}: no prompts", 'Write an object with "templates", "labels" or "prompts"')
    ours = prompts_of(sport)
    phrases = _texts(value.get("labels", {}), f"{path}: labels", sport)
    whole = _texts(value.get("prompts", {}), f"{path}: prompts", sport)
    kept = {label: texts for label, texts in ours.phrases.items() if label not in whole}
    templates = _list(value["templates"], f"{path}: templates") if "templates" in value else ours.templates
    try:
        return replace(ours, templates=templates, phrases={**kept, **phrases}, whole=whole)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error.problem}", error.remedy) from error


def _texts(value: Any, where: str, sport: Sport) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object of labels", 'Write it as {"Corner": "corner kick"}')
    return {
        sport.label(label).name: _list([texts] if isinstance(texts, str) else texts, f"{where}: {label}")
        for label, texts in value.items()
    }


def _list(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise InputError(f"{where}: not a list of texts", 'Write it as ["one", "another"]')
    return tuple(value)


def _with_an(sentence: str) -> str:
    """ "a indirect free kick" as it is said."""
    words = sentence.split(" ")
    for place in range(len(words) - 1):
        if words[place] == "a" and words[place + 1][:1].lower() in "aeio":
            words[place] = "an"
    return " ".join(words)
