"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.databases", "tests.models"]

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evaluation data beside the checkout; tests that need it skip where it is absent.

    In CI it must be there: VOC_REQUIRE_SHARED=1 turns the skip into a failure.
    """
    if not _SHARED.is_dir():
        if os.environ.get("VOC_REQUIRE_SHARED") == "1":
            pytest.fail("the evaluation data beside the checkout is missing although it is required here")
        pytest.skip("needs the evaluation data beside the checkout, which is not here")
    return _SHARED
