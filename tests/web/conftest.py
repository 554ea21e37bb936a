"""Servers of the page, for tests that change nothing and for those that do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.web import Beside


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """Provide one for all tests that change nothing."""
    made = Beside()
    yield made
    made.server.stop()


@pytest.fixture
def fresh() -> Iterator[Beside]:
    """Provide one for a test of its own."""
    made = Beside()
    yield made
    made.server.stop()
