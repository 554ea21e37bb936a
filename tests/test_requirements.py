"""The locks: every package by hash, no host or path of anybody's, and in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"^(?P<requirement>[a-z0-9][^\\\n]*) \\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = list(map(Requirement, PROJECT["project"]["dependencies"]))


def group(name: str) -> Iterator[Requirement]:
    """Return the requirements of a dependency group in pyproject.toml."""
    for each in PROJECT["dependency-groups"][name]:
        yield from [Requirement(each)] if isinstance(each, str) else group(each["include-group"])


EXTRAS = [Requirement(each) for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra]
LOCKS = {
    "run.txt": [*RUN, *group("build")],
    "image.txt": [*RUN, *group("build"), *EXTRAS],
    "site.txt": list(group("site")),
    "dev.txt": [*RUN, *group("build"), *EXTRAS, *group("dev")],
}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_hash_all_that_is_asked_for(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    locked: dict[str, set[str]] = {}
    for entry in ENTRY.finditer(text):
        requirement = Requirement(entry["requirement"])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        locked.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)

    rest = ENTRY.sub("", text)
    assert all(line.startswith("#") for line in rest.splitlines()), rest
    assert "/" not in text

    for requirement in LOCKS[lock]:
        versions = locked.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement} is not in {lock}: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: {versions}"
