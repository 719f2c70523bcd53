"""What loading through transformers needs, and its errors with a remedy."""

from __future__ import annotations

import contextlib
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchcut.errors import InputError, RequiresExtra, SettingsError


def need_language(feature: str, adapters: bool = False) -> None:
    """Refuses where what language models need is not installed.

    Raises:
        RequiresExtra: a package is missing.
    """
    needed = ["torch", "transformers", "safetensors", *(["peft"] if adapters else [])]
    if any(importlib.util.find_spec(name) is None for name in needed):
        raise RequiresExtra(feature, "tune")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers from printing while it loads or saves: what matters is raised instead."""
    from transformers.utils import logging

    control: Any = logging
    before, bar = control.get_verbosity(), control.is_progress_bar_enabled()
    control.set_verbosity_error()
    control.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # What one of these libraries still calls and another will take away.
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        control.set_verbosity(before)
        if bar:
            control.enable_progress_bar()


@contextlib.contextmanager
def told(name: str, download: bool | None = False) -> Iterator[None]:
    """Turns what transformers raises about a checkpoint into errors with a remedy."""
    from safetensors import SafetensorError

    try:
        yield
    except (InputError, SettingsError, RequiresExtra):
        raise
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        if Path(name).is_dir():
            raise InputError(
                f"{name}: cannot be used as a model ({reason})",
                "Name a folder that transformers saved, with its tokenizer and safetensors",
            ) from error
        if download:
            raise InputError(f"{name}: could not be fetched ({reason})", "Check name and network") from error
        if download is None:
            raise InputError(
                f"the weights of {name} are not on this machine",
                f'Fetch them with "hf download {name}", or name the folder that holds them:'
                ' {"local": {"base": "FOLDER"}} in --llm-settings',
            ) from error
        raise InputError(
            f"the weights of {name} are not on this machine",
            "Name a local folder that holds them, or allow the download with --download",
        ) from error
