"""From what a user says of a language model to an asker: model, server, prompts, prices, cap, kept answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.chunks import ChunkSettings
from matchcut.encoders.stills import StillSettings
from matchcut.errors import InputError, SettingsError
from matchcut.language.asking import Asker
from matchcut.language.budget import check_cap, read_price
from matchcut.language.prompts import PromptSettings
from matchcut.language.settings import ServerSettings, read_key, server_settings
from matchcut.models.settings import from_json
from matchcut.spotters.language import LanguageSettings
from matchcut.spotters.local import LocalAsker, LocalSettings

REASONING_TOKENS = 8_000
"""The most tokens of an answer of a model that reasons, unless the settings say otherwise."""
PICTURES_A_SECOND = 0.2


@dataclass(frozen=True)
class Setup:
    """Everything about how a language model is asked.

    Attributes:
        server: the model and its server.
        spotting: how recordings are put to it.
        pictures: which pictures it is shown, where it is shown any.
        prices: the user's table of prices; the usual place if None.
        max_cost: the cap; None is none.
        local: a model on this machine instead of a server; it needs no key and costs nothing.
    """

    server: ServerSettings
    spotting: LanguageSettings = field(default_factory=LanguageSettings)
    pictures: StillSettings = field(default_factory=lambda: StillSettings(rate=PICTURES_A_SECOND))
    prices: Path | None = None
    max_cost: float | None = None
    local: LocalSettings | None = None

    def asker(self, folder: Path, see: bool = False) -> Asker:
        """Asks by these settings; answers are kept in a folder.

        Args:
            folder: of the answers.
            see: whether the model is shown pictures.

        Raises:
            SettingsError: a cap without a price.
            InputError: the table of prices, or a model on this machine, cannot be used.
        """
        if self.local is not None:
            return LocalAsker(self.local, folder, see)
        price = read_price(self.server.model, self.prices)
        return Asker(self.server, folder, price, self.max_cost)

    def check_key(self, see: bool = False) -> None:
        """Refuses to go on without a key, or a price for a cap, before any other work is done.

        A model on this machine needs none, but the packages that run it, and eyes if it is shown pictures.

        Raises:
            SettingsError: the environment holds none; a cap has no price; the model does not see.
            RequiresExtra: a package is missing.
        """
        if self.local is not None:
            self.local.check(see)
        else:
            read_key(self.server.base_url)
            check_cap(read_price(self.server.model, self.prices), self.max_cost)


def read_setup(
    model: str | None = None,
    settings: Path | str | Mapping[str, Any] | None = None,
    *,
    everything: bool = False,
    prices: Path | str | None = None,
    max_cost: float | None = None,
    chunks: ChunkSettings | None = None,
    prompts: Mapping[str, Any] | None = None,
) -> Setup:
    """The settings of a language model.

    Args:
        model: its name on the server; the environment's if not given. A folder is a model on this machine,
            which is asked as it was in training.
        settings: a JSON file, or its value: ``{"server": …, "prompts": …, "chunks": …, "pictures": …,
            "share": …}``, each with any of the fields of `ServerSettings`, `PromptSettings`, `ChunkSettings`
            and `StillSettings`. Neither address nor key is among them: the environment has those. "local" has
            fields of `matchcut.spotters.local.LocalSettings` instead of "server".
        everything: ask about every stretch with words, not only the doubtful.
        prices, max_cost: see `Setup`.
        chunks: how recordings are cut, where the settings say nothing of it.
        prompts: fields of `PromptSettings` that go before those of the settings.

    Raises:
        SettingsError: a setting is unknown, of another kind, or out of its range; no model is named.
        InputError: the file cannot be read.
    """
    given = _object(files.read_json(settings) if isinstance(settings, Path | str) else dict(settings or {}), "")
    _known(given, ("server", "local", "prompts", "chunks", "pictures", "share"), "")
    local = _local(model, given)
    learnt = {} if local is None else dict(local.head().prompt)
    server = _part(given, "server", ServerSettings, ("base_url",))
    named = model or server.pop("model", None)
    if server.get("effort"):
        server.setdefault("max_tokens", REASONING_TOKENS)
    # Cut, put and shown as in training, where the model was trained here.
    cut = replace(chunks or ChunkSettings(), **_part(learnt, "chunks", ChunkSettings))
    put = replace(PromptSettings(window_s=cut.window_s or 15.0), **_part(learnt, "prompts", PromptSettings))
    shown = replace(StillSettings(rate=PICTURES_A_SECOND), **_part(learnt, "pictures", StillSettings))
    share = 1.0 if everything else given.get("share", LanguageSettings().share)
    try:
        return Setup(
            server_settings(named, **server) if local is None else local.as_server,
            LanguageSettings(
                replace(cut, **_part(given, "chunks", ChunkSettings)),
                replace(put, **(_part(given, "prompts", PromptSettings) | dict(prompts or {}))),
                share,
            ),
            replace(shown, **_part(given, "pictures", StillSettings)),
            None if prices is None else Path(prices),
            max_cost,
            local,
        )
    except (TypeError, AttributeError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(
            f"a setting of the language model is of another kind: {error}", "Correct it"
        ) from None


def _local(model: str | None, given: Mapping[str, Any]) -> LocalSettings | None:
    """The model on this machine that is wanted; None where it is a server's.

    Raises:
        SettingsError: a setting is unknown or wrong, or settings of both are given.
        InputError: there is no such folder, though it looks like one, or it holds half a model.
    """
    value = _object(given.get("local", {}), "local")
    if model and not Path(model).is_dir() and looks_like_a_folder(model):
        raise InputError(
            f"{model}: there is no such folder of a model",
            'Correct it. If a server calls its model so, name it in --llm-settings: {"server": {"model": "…"}}',
        )
    folder = str(value.get("model", "")) or (model if model and Path(model).is_dir() else "")
    if not folder:
        if value:
            raise SettingsError("local settings were given, and no folder of a model", "Name its folder")
        return None
    if given.get("server"):
        raise SettingsError("a model was named on this machine and on a server", "Leave one of them out")
    return from_json(LocalSettings, value | {"model": model or folder}, "local")


def looks_like_a_folder(model: str) -> bool:
    """Whether a model's name is meant as a path; names such as ``mistralai/Mistral-7B`` have a slash, too.

    >>> [looks_like_a_folder(name) for name in ("./adapter", "../a", "/a/b", "~/a", "adapter/")]
    [True, True, True, True, True]
    >>> [looks_like_a_folder(name) for name in ("gpt-5", "mistralai/Mistral-7B-Instruct-v0.3", "llama3.2:1b")]
    [False, False, False]
    """
    marks = tuple({os.sep, os.altsep or os.sep, "/"})
    if model.startswith((*marks, "~", *(f"{dots}{mark}" for dots in (".", "..") for mark in marks))):
        return True
    if model.endswith(marks) or model in (".", ".."):
        return True
    # A name with an owner, unless the owner is a folder that is here.
    return any(mark in model for mark in marks) and Path(model).parent.is_dir()


def answers_folder() -> Path:
    """Where answers are kept that belong to no analysis: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matchcut" / "answers"


def _part(given: Mapping[str, Any], name: str, kind: type, without: tuple[str, ...] = ()) -> dict[str, Any]:
    value = _object(given.get(name, {}), name)
    _known(value, tuple(f.name for f in fields(kind) if f.name not in without), f"{name}: ")
    return value


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        what = name or "the settings of the language model"
        raise SettingsError(f"{what} must be an object, not {value!r:.40}", 'Write it as {"server": {…}}')
    return dict(value)


def _known(value: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise SettingsError(
            f"{where}there is no setting {', '.join(map(repr, unknown))}", f"There are: {', '.join(known)}"
        )
