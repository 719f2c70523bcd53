"""The documentation says what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from matchcut.cli.main import VERBS

ROOT = Path(__file__).parents[2]


def test_the_command_page_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == generate.page(), "run: python docs/generate.py"


def test_the_readme_names_only_verbs_and_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"^matchcut (\w+)", text, re.MULTILINE)) <= VERBS.keys()
    for target in re.findall(r"\]\((?!https:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
