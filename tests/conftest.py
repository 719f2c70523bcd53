"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A submission is judged by its own examples, the same on every machine; elsewhere each run looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("fixed")

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real data beside the checkout; tests that need it are marked ``data``."""
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not here")
    return DATA
