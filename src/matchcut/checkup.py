"""What is installed and what is missing, for ``matchcut doctor``."""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from matchcut import __version__
from matchcut.errors import MatchcutError

NEEDED = ("numpy", "av", "onnxruntime", "click", "rich", "pillow")
EXTRAS = {
    "torch": ("train", "training networks"),
    "safetensors": ("train", "training checkpoints"),
    "onnx": ("train", "exporting trained networks"),
    "matplotlib": ("train", "plots of training and calibration"),
    "transformers": ("clip", "image-text networks"),
    "faster-whisper": ("speech", "speech recognition"),
    "openai": ("language", "questions to a language model's server"),
    "peft": ("tune", "fine-tuning by low-rank additions (LoRA)"),
    "bitsandbytes": ("quantised", "language models in 8 or 4 bits, on a GPU"),
    "ray": ("scale", "encoding and spotting on many machines"),
}
BOARD_WEIGHTS = Path(__file__).parent / "observe" / "weights"
"""The networks that read scoreboards, which come with the package."""
CODECS = {"libx264": "writing reels", "aac": "sound in reels"}


@dataclass(frozen=True)
class Finding:
    """One thing looked for.

    Attributes:
        what: its name and use.
        ok: whether it is there.
        needed: whether matchcut's main job needs it.
        found: the version or the place found, empty if none.
        remedy: what to do if it is missing, empty if nothing.
    """

    what: str
    ok: bool
    needed: bool
    found: str
    remedy: str


def checkup() -> list[Finding]:
    """Looks for everything that matchcut can use; loads nothing heavy but the codecs and the spotter."""
    python = platform.python_version()
    findings = [
        Finding("matchcut", True, True, __version__, ""),
        Finding("Python 3.11 or later", tuple(map(int, python.split(".")[:2])) >= (3, 11), True, python, ""),
    ]
    findings += [_package(name, name, "pip install matchcut", True) for name in NEEDED]
    findings += _codecs()
    findings.append(_commentary())
    findings.append(_board_networks())
    findings.append(Finding("sound and shots: need no weights", True, True, "built in", ""))
    findings.append(_speech())
    findings.append(_vision())
    findings.append(_language())
    findings += [
        _package(name, f"{name}: {use}", f"pip install 'matchcut[{extra}]'", False)
        for name, (extra, use) in EXTRAS.items()
    ]
    return findings


def _package(name: str, what: str, remedy: str, needed: bool) -> Finding:
    try:
        return Finding(what, True, needed, version(name), "")
    except PackageNotFoundError:
        return Finding(what, False, needed, "", remedy)


def _codecs() -> list[Finding]:
    if importlib.util.find_spec("av") is None:
        return []
    from av.codec import codecs_available

    return [
        Finding(
            f"codec {name}: {use}",
            name in codecs_available,
            True,
            "in PyAV" if name in codecs_available else "",
            "" if name in codecs_available else "Install PyAV's own wheel: pip install --force-reinstall av",
        )
        for name, use in CODECS.items()
    ]


def _commentary() -> Finding:
    from matchcut.spotters.commentary import CommentarySpotter

    what = "commentary spotter's weights"
    try:
        return Finding(what, True, True, CommentarySpotter.load().identity, "")
    except MatchcutError as error:
        return Finding(what, False, True, "", str(error))


def _board_networks() -> Finding:
    what = "scoreboard: the networks that find and read text (PP-OCR, Apache-2.0)"
    missing = [
        name for name in ("text_finder.onnx", "text_reader.onnx") if not (BOARD_WEIGHTS / name).is_file()
    ]
    if missing:
        return Finding(
            what, False, True, "", f"{BOARD_WEIGHTS}: has no {' and no '.join(missing)}. Install matchcut again"
        )
    return Finding(what, True, True, str(BOARD_WEIGHTS), "")


def _speech() -> Finding:
    from matchcut.observe.speech_weights import speech_ready

    found = speech_ready()
    what = "speech recognition, for videos without a transcript"
    if found.ok:
        return Finding(what, True, False, f"whisper {found.name} in {found.path}, {found.licence}", "")
    return Finding(what, False, False, "", f"{found.problem}. {found.remedy}")


def _vision() -> Finding:
    from matchcut.encoders.weights import weights_ready

    found = weights_ready()
    what = f"vision: CLIP's weights ({found.model}), for find and --with vision"
    if found.ok:
        return Finding(what, True, False, f"in {found.path}, {found.licence}", "")
    return Finding(what, False, False, "", f"{found.problem}. {found.remedy}")


def _language() -> Finding:
    """Whether the environment names a model, a server and a key; the key is not shown, and nothing is sent."""
    from matchcut.language.settings import KEY_VARIABLE, URL_VARIABLE, read_key, server_settings, shown_url

    what = "language model behind a server, for --with language, --with vlm and ask --llm"
    try:
        settings = server_settings()
        read_key(settings.base_url)
    except MatchcutError as error:
        return Finding(what, False, False, "", f"{error.problem}. {error.remedy}")
    found = f"{settings.model} at {shown_url(settings.base_url)} ({URL_VARIABLE}, {KEY_VARIABLE}; not asked)"
    return Finding(what, True, False, found, "")
