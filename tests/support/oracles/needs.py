"""What a test needs that not everyone has: without it the test is skipped, or fails."""

from __future__ import annotations

import os

import pytest

from tests.support.selection import carries


def require(marker: str, present: bool, what: str) -> None:
    """Skip the test for want of an oracle; where oracles are required, fail instead.

    Only a test that carries the marker may ask, so that the quick tests need none of them.
    """
    assert carries(marker), f"a test that needs {what} is marked with pytest.mark.{marker}"
    if present:
        return
    if os.environ.get("XLBACKPROP_REQUIRE_ORACLES"):
        pytest.fail(f"{what} is required here, and is not installed")
    pytest.skip(f"{what} is not installed")
