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
from matchcut.errors import SettingsError
from matchcut.language.asking import Asker
from matchcut.language.budget import read_price
from matchcut.language.prompts import PromptSettings
from matchcut.language.settings import ServerSettings, read_key, server_settings
from matchcut.spotters.language import LanguageSettings

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
    """

    server: ServerSettings
    spotting: LanguageSettings = field(default_factory=LanguageSettings)
    pictures: StillSettings = field(default_factory=lambda: StillSettings(rate=PICTURES_A_SECOND))
    prices: Path | None = None
    max_cost: float | None = None

    def asker(self, folder: Path) -> Asker:
        """Asks by these settings; answers are kept in a folder.

        Raises:
            SettingsError: a cap without a price.
            InputError: the table of prices cannot be used.
        """
        price = read_price(self.server.model, self.prices)
        return Asker(self.server, folder, price, self.max_cost)

    def check_key(self) -> None:
        """Refuses to go on without a key, before any other work is done.

        Raises:
            SettingsError: the environment holds none.
        """
        read_key(self.server.base_url)


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
        model: its name on the server; the environment's if not given.
        settings: a JSON file, or its value: ``{"server": …, "prompts": …, "chunks": …, "pictures": …,
            "share": …}``, each with any of the fields of `ServerSettings`, `PromptSettings`, `ChunkSettings`
            and `StillSettings`. Neither address nor key is among them: the environment has those.
        everything: ask about every stretch with words, not only the doubtful.
        prices, max_cost: see `Setup`.
        chunks: how recordings are cut, where the settings say nothing of it.
        prompts: fields of `PromptSettings` that go before those of the settings.

    Raises:
        SettingsError: a setting is unknown, of another kind, or out of its range; no model is named.
        InputError: the file cannot be read.
    """
    given = _object(files.read_json(settings) if isinstance(settings, Path | str) else dict(settings or {}), "")
    _known(given, ("server", "prompts", "chunks", "pictures", "share"), "")
    server = _part(given, "server", ServerSettings, ("base_url",))
    named = model or server.pop("model", None)
    if server.get("effort"):
        server.setdefault("max_tokens", REASONING_TOKENS)
    cut = chunks or ChunkSettings()
    put = PromptSettings(window_s=cut.window_s or 15.0)
    share = 1.0 if everything else given.get("share", LanguageSettings().share)
    try:
        return Setup(
            server_settings(named, **server),
            LanguageSettings(
                replace(cut, **_part(given, "chunks", ChunkSettings)),
                replace(put, **(_part(given, "prompts", PromptSettings) | dict(prompts or {}))),
                share,
            ),
            replace(StillSettings(rate=PICTURES_A_SECOND), **_part(given, "pictures", StillSettings)),
            None if prices is None else Path(prices),
            max_cost,
        )
    except (TypeError, AttributeError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(
            f"a setting of the language model is of another kind: {error}", "Correct it"
        ) from None


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
