"""The plan of the house, held by its imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "matchcut"

TYPES = (
    "errors",
    "progress",
    "files",
    "clock",
    "sport",
    "recording",
    "events",
    "tracks",
    "transcript",
    "text",
    "rolling",
)
RANKS = {
    **dict.fromkeys(TYPES, 0),
    "media": 1,
    **dict.fromkeys(("datasets", "metrics", "models", "observe", "questions"), 2),
    **dict.fromkeys(("encoders", "export", "language"), 3),
    "spotters": 4,
    "training": 5,
    **dict.fromkeys(
        (
            "inputs",
            "intake",
            "kept",
            "analysis",
            "finding",
            "further",
            "pipeline",
            "prediction",
            "language_prediction",
            "evaluation",
            "checkup",
            "clips",
            "frames",
            "encoding",
            "cluster",
            "spreading",
            "temporal_training",
            "sound_training",
            "further_temporal",
            "temporal_prediction",
            "further_language",
            "language_setup",
            "language_training",
        ),
        6,
    ),
    "cli": 7,
    **dict.fromkeys(("__main__", "__init__"), 8),
}
"""A module may import from its own room and from lower ranks; single files of one rank are one room."""

SINGLE_FILES = {0, 6}

LIGHT = {"numpy"} | set(sys.stdlib_module_names)


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


FILES = sorted(SRC.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    assert here in RANKS, f"{here} has no rank: add it to the plan"
    if RANKS[here] == 8:
        return
    for name in imported(path):
        there = name.split(".")[1] if name.startswith("matchcut.") else ""
        if there not in RANKS:
            continue  # another package, or a name of matchcut itself, such as __version__
        same_room = here == there or (RANKS[here] == RANKS[there] and RANKS[here] in SINGLE_FILES)
        assert same_room or RANKS[there] < RANKS[here], f"{path.name} ({here}) must not import {name}"


@pytest.mark.parametrize("name", TYPES)
def test_types_need_only_the_standard_library_and_numpy(name: str) -> None:
    files = [path for path in FILES if room(path) == name]
    assert files
    outside = {n.split(".")[0] for path in files for n in imported(path)} - {"matchcut"}
    assert outside <= LIGHT


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )


def test_importing_matchcut_is_light() -> None:
    assert not {"numpy", "torch", "onnxruntime", "av", "PIL", "rich"} & loaded_after("import matchcut")


def test_help_loads_no_verb() -> None:
    loaded = loaded_after("from matchcut.cli.main import main; main(['--help'])")
    assert not {"numpy", "torch", "onnxruntime", "av", "PIL", "rich"} & loaded


def test_every_public_name_can_be_had() -> None:
    import matchcut

    for name in matchcut.__all__:
        assert getattr(matchcut, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = matchcut.nonsense
