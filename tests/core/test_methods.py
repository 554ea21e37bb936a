"""Which methods ask for change."""

from __future__ import annotations

from wirelint.core.methods import METHODS, SAFE, UNSAFE, method_name


def test_every_method_is_safe_or_not() -> None:
    unsafe = set(UNSAFE.split())
    assert unsafe.isdisjoint(SAFE)
    assert unsafe | SAFE == METHODS | {method_name("BREW")}
