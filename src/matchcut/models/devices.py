"""Which device networks compute on."""

from __future__ import annotations

from matchcut.errors import SettingsError


def device_named(name: str) -> str:
    """A device that is there: "auto" is a GPU where there is one.

    Args:
        name: "auto", "cpu", "cuda", "cuda:1" …

    Raises:
        SettingsError: there is no such device.
    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = " ".join(str(error).split())[:80]
        raise SettingsError(f"there is no device {name!r} here ({why})", "Choose auto or cpu") from error
    return name
