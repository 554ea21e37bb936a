"""The pytest plugin: ``pytest --wirelint`` audits what tests call over HTTP, and says which test caused which finding.

The proxy is a process of its own (``wirelint.cli.attend``), so that nothing of it is in the way of the tests. pytest
loads this module at each start, with or without ``--wirelint``: it imports nothing else of wirelint.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Generator
from typing import Any, Final

import pytest

_LEVELS: Final = ("info", "low", "medium", "high")
_NEVER: Final = "never"
_KEY: Final = pytest.StashKey["_Attendant"]()
_LAST_WORDS: Final = 10.0


class _Attendant:
    """The process with the proxy."""

    def __init__(self) -> None:
        if "wirelint-run-" in os.environ.get("SSL_CERT_FILE", ""):
            raise pytest.UsageError("--wirelint is for pytest alone: leave it out, or leave out wirelint run --")
        self._before = dict(os.environ)
        # Ctrl-C is for the tests: this process ends with its standard input.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wirelint.cli.attend"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        answer = self._answer()
        if "environment" not in answer:
            self._process.wait()
            raise pytest.UsageError(f"--wirelint: {answer.get('error', 'the proxy did not start')}")
        os.environ.update(answer["environment"])

    def findings(self) -> list[dict[str, Any]]:
        """Return what was found since the last call, once the exchanges that have begun are over."""
        try:
            self._process.stdin.write("\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            return []
        found: list[dict[str, Any]] = self._answer().get("findings", [])
        return found

    def close(self) -> None:
        """Restore the environment, and end the process."""
        os.environ.clear()
        os.environ.update(self._before)
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())  # type: ignore[union-attr]
        except ValueError:  # it is gone
            return {}
        return answer


class _Marking:
    """Ties findings to the tests that caused them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        fail_on = config.getoption("wirelint_fail_on")
        self._least = len(_LEVELS) if fail_on == _NEVER else _LEVELS.index(fail_on)
        self._by_test: dict[str, list[dict[str, Any]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what was found to the report of a phase of a test, which fails if it is grave enough."""
        report = yield
        attendant = self._config.stash.get(_KEY, None)
        found = [] if attendant is None else attendant.findings()
        if not found:
            return report
        text = "\n".join(line for each in found for line in each["lines"])
        report.sections.append(("wirelint", text))
        report.wirelint = found  # type: ignore[attr-defined]  # reports of pytest-xdist keep what they are given
        if report.passed and max(each["level"] for each in found) >= self._least:
            report.outcome = "failed"
            report.longrepr = "wirelint: this test caused findings as severe as --wirelint-fail-on"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the findings of a report for the summary."""
        found = getattr(report, "wirelint", None)
        if found:
            self._by_test.setdefault(report.nodeid, []).extend(found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write which test caused which finding."""
        kinds = {each["fingerprint"] for found in self._by_test.values() for each in found}
        title = f"wirelint: {len(kinds)} kinds of findings in {len(self._by_test)} tests"
        terminalreporter.section(title.replace(" 1 kinds", " 1 kind").replace(" 1 tests", " 1 test"))
        if not self._by_test:
            terminalreporter.write_line("nothing found in what the tests called through HTTP_PROXY")
        for test, found in self._by_test.items():
            terminalreporter.write_line(test, bold=True)
            for each in found:
                for line in each["lines"]:
                    terminalreporter.write_line(f"  {line}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("wirelint", "audit of HTTP traffic (wirelint)")
    group.addoption(
        "--wirelint", action="store_true", help="Audit what tests call over HTTP, and say which test caused what."
    )
    group.addoption(
        "--wirelint-fail-on",
        choices=(*_LEVELS, _NEVER),
        default=_NEVER,
        help="Fail tests that cause a finding at least this severe. Default: never.",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the proxy, in each process that runs tests."""
    if not config.getoption("wirelint"):
        return
    config.pluginmanager.register(_Marking(config), "wirelint-marking")
    # With pytest-xdist, only its workers run tests.
    if not config.pluginmanager.hasplugin("dsession"):
        config.stash[_KEY] = _Attendant()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the proxy."""
    attendant = config.stash.get(_KEY, None)
    if attendant is not None:
        attendant.close()
