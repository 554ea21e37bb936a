"""Profiles, and the tables of the configuration file, from the command line to what is printed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli import FEW, Shell, a_401, capture
from lab.har import entry
from wirelint.core.finding import Severity
from wirelint.gen import config_schema, profiles
from wirelint.rules import catalogue
from wirelint.settings.engine import ScopedEngine
from wirelint.settings.file import Config
from wirelint.settings.profiles import PROFILES
from wirelint.settings.tables import PolicyOptions, build

DOCS = Path(__file__).parents[2] / "docs"
RULE = "unauthorized-without-challenge"
ACCEPTED = f'[[suppress]]\nrule = "{RULE}"\nreason = "known since May"\n'


@pytest.fixture
def audit(wirelint: Shell) -> Shell:
    wirelint.write("a.har", capture(a_401()))
    return wirelint


def found(audit: Shell, *words: str) -> dict[str, str]:
    """Return rules that fired, and how severely."""
    run = audit("audit", "--format", "jsonl", *words, "a.har")
    assert run.code in (0, 1), run.err
    return {each["rule"]: each["severity"] for each in map(json.loads, run.out.splitlines())}


def service(audit: Shell) -> str:
    name: str = json.loads(audit("audit", "--format", "jsonl", "a.har").out.splitlines()[0])["service"]
    return name


def test_a_profile_by_flag_by_environment_and_by_file(audit: Shell) -> None:
    lines = ["Traceback (most recent call last):", *('  File "/app/a.py", line 1, in f',) * 3, "ValueError: x"]
    stack = json.dumps({"error": "x", "trace": "\n".join(lines)})
    audit.write("a.har", capture(entry(500, stack)))
    rule = "stack-trace-exposed"
    assert found(audit)[rule] == "medium"
    audit.write("wirelint.toml", 'profile = "internal"\n')
    assert found(audit)[rule] == "low"
    audit.env(WIRELINT_PROFILE="public-api")
    assert found(audit)[rule] == "high"
    assert rule not in found(audit, "--profile", "rfc")


def test_a_profile_that_is_none(audit: Shell) -> None:
    run = audit("audit", "--profile", "zalndo", "a.har")
    assert run.code == 2
    assert "did you mean zalando?" in run.err


def test_a_table_is_about_its_service_alone(audit: Shell) -> None:
    name = service(audit)
    audit.write("wirelint.toml", f'[service."{name}"]\nseverity.{RULE} = "low"\n')
    assert found(audit)[RULE] == "low"
    audit.write("wirelint.toml", f'[service.other]\nseverity.{RULE} = "low"\n')
    assert found(audit)[RULE] == "high"


def test_an_own_error_field(audit: Shell) -> None:
    audit.write("a.har", capture(entry(200, '{"errno": 4, "order": {"id": 7}}')))
    assert found(audit) == {}
    for key in ("error-when", "error_when"):
        audit.write("wirelint.toml", f'{key} = ["errno != 0"]\n')
        assert found(audit) == {"ok-with-error-body": "medium"}


def test_what_is_accepted_is_counted(audit: Shell) -> None:
    audit.write("wirelint.toml", ACCEPTED)
    run = audit("audit", "--select", FEW, "a.har")
    assert (run.code, run.out) == (0, "")
    assert "0 findings in 2 exchanges of 1 service; 1 finding suppressed" in run.err


def test_what_was_accepted_for_a_time_comes_back_with_a_note(audit: Shell) -> None:
    audit.write("a.har", capture(a_401(), a_401()))
    audit.write("wirelint.toml", f"{ACCEPTED}until = 2020-01-31\n")
    run = audit("audit", "--select", FEW, "a.har")
    assert run.code == 1
    assert run.err.count(f"expired suppression: {RULE}, until 2020-01-31: known since May\n") == 1
    audit.write("wirelint.toml", f"{ACCEPTED}until = 9999-12-31\n")
    assert audit("audit", "--select", FEW, "a.har").code == 0


def test_a_flag_names_all_that_runs(audit: Shell) -> None:
    audit.write("wirelint.toml", f'select = ["throttling"]\nextend-select = ["{RULE}"]\n')
    assert set(found(audit)) == {RULE}
    assert found(audit, "--select", "throttling") == {}


@pytest.mark.parametrize("words", [("audit", "a.har"), ("config",), ("proxy",)])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[service.shop]\nslect = ["truth"]',
            "wirelint.toml: service.shop.slect: unknown setting; did you mean select?",
        ),
        ('[[suppress]]\nrule = "x"', "wirelint.toml: suppress[0]: reason is missing"),
        ("servce.shop.select = []", "wirelint.toml: servce: unknown setting; did you mean service?"),
    ],
)
def test_a_table_that_is_wrong(audit: Shell, words: tuple[str, ...], text: str, message: str) -> None:
    audit.write("wirelint.toml", text)
    run = audit(*words)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert run.err.count("\n") == 1


def example() -> str:
    page = (DOCS / "configuration.md").read_text()
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    return str(block)


def test_the_documented_example_holds(audit: Shell) -> None:
    audit.write("wirelint.toml", example())
    run = audit("config", "audit")
    assert run.code == 0, run.err
    assert "public-api" in run.out
    assert found(audit)[RULE] == "high"
    values = tomllib.loads(example())
    policy = build(catalogue(), PolicyOptions(), Config("wirelint.toml", values), now=0.0)
    shop, house = policy.services
    assert isinstance(ScopedEngine(policy), ScopedEngine)
    assert [route.text for route, _ in shop.routes] == ["POST /orders/{id}/pay", "/legacy/**"]
    assert shop.routes[0][1].severities["ok-with-error-body"] is Severity.HIGH
    assert [each.text for each in shop.settings.knowledge.error_when] == [
        "errno != 0",
        "ret.code not in ['OK', 'PARTIAL']",
    ]
    assert house.settings.severities["not-found-declares-authz"] is Severity.MEDIUM
    assert len(policy.suppressions) == 1


def keys(schema: Any, root: Any, value: Any, place: str = "") -> Iterator[str]:
    """Yield keys of ``value`` that a schema does not know."""
    schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, dict):
        for key, inner in value.items():
            known = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if not known:
                yield f"{place}.{key}"
            else:
                yield from keys(known, root, inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys(schema.get("items", {}), root, inner, f"{place}[]")


def test_the_schema_knows_the_example_and_each_rule() -> None:
    schema = json.loads(config_schema.text(catalogue()))
    values = tomllib.loads(example())
    assert list(keys(schema, schema, values)) == []
    assert list(keys(schema, schema, {"service": {"a": {"slect": 1}}, "x": 1})) == [".service.a.slect", ".x"]
    assert schema["$defs"]["rule"]["enum"] == [rule.id for rule in catalogue()]
    assert schema["$defs"]["profile"]["enum"] == schema["properties"]["profile"]["enum"] == list(PROFILES)
    assert schema["properties"]["audit"]["properties"]["fail-on"]["enum"][-1] == "never"


def test_the_page_on_profiles_lists_each_change() -> None:
    page = profiles.page(catalogue())
    for profile in PROFILES.values():
        section = page.partition(f"## {profile.name}\n")[2].partition("\n## ")[0]
        assert section.count("\n| [`") == len(profile.changes)
    assert "| [`stack-trace-exposed`](rules.md#stack-trace-exposed) | high in place of medium |" in page
