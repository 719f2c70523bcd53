"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real data beside the checkout; tests that need it are marked ``data``."""
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not here")
    return DATA
