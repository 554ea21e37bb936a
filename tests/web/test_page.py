"""The live page in a real browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.audits import RULE, audit, finding
from tools import require_tool
from wirelint.core.exchange import FailureKind
from wirelint.core.verdict import Verdict
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sinks.reachability import Reachability
from wirelint.web.server import WebServer
from wirelint.web.site import Endpoint

pytestmark = pytest.mark.e2e

STATIC = Path(__file__).parents[2] / "addons" / "wirelint" / "web" / "static"


class Browser:
    """Shows pages."""

    def __init__(self, program: Path, profile: Path) -> None:
        self._command: list[str | Path] = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
            "--virtual-time-budget=4000", "--dump-dom",
        ]  # fmt: skip

    def show(self, url: str) -> str:
        """Return the document as it stands after four seconds."""
        run = subprocess.run([*self._command, url], capture_output=True, text=True, check=False, timeout=90)
        assert run.returncode == 0, run.stderr
        return run.stdout


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(require_tool("chromium"), tmp_path_factory.mktemp("profile"))


@pytest.fixture
def reach() -> Reachability:
    return Reachability(lambda _: None)


@pytest.fixture
def journal(reach: Reachability) -> Journal:
    return Journal(unreachable=reach.now)


@pytest.fixture
def url(journal: Journal) -> Iterator[str]:
    listeners = [Endpoint("http://127.0.0.1:18080", "shop"), Endpoint("http://127.0.0.1:18081")]
    server = WebServer(Metrics([RULE]), journal, [RULE], listeners=lambda: listeners, port=0)
    yield server.start()
    server.stop()


def test_an_empty_page_says_where_to_send_traffic(browser: Browser, url: str) -> None:
    page = browser.show(url)
    assert "Waiting for traffic" in page
    assert "curl -i http://127.0.0.1:18080/" in page
    assert "curl -x http://127.0.0.1:18081" in page


def test_findings_and_rates_are_shown(browser: Browser, url: str, journal: Journal) -> None:
    journal.accept(audit(finding(), verdict=Verdict.SERVER_ERROR))
    for _ in range(3):
        journal.accept(audit())
    page = browser.show(url)
    assert "200 with an error in it" in page
    assert "/orders/{id}" in page
    assert '<span id="lied">1</span>' in page
    assert '<span id="answered" class="of">of 4</span>' in page
    assert '<span id="reported">0</span>' in page
    assert '<span id="true">1</span>' in page
    assert "1 server error as success" in page
    assert 'data-kind="live"' in page
    assert "Waiting for traffic" not in page


def test_a_service_that_cannot_be_reached_is_named(
    browser: Browser, url: str, journal: Journal, reach: Reachability
) -> None:
    for _ in range(3):
        failed = audit(
            service="dead",
            status=None,
            verdict=Verdict.SERVER_ERROR,
            failure=FailureKind.CONNECT,
            address="127.0.0.1:20098",
        )
        journal.accept(failed)
        reach.accept(failed)
    page = browser.show(url)
    assert "<b>dead: </b>cannot connect to 127.0.0.1:20098 (connect)" in page
    assert "3 exchanges since" in page
    assert "Nothing to object to" not in page
    assert "3 of 3 exchanges had none" in page
    assert '<span id="reported">3</span>' in page
    assert '<span id="lied">0</span>' in page


def test_a_figure_leads_to_the_exchanges_that_it_counts(browser: Browser, url: str, journal: Journal) -> None:
    for _ in range(7):
        journal.accept(audit(status=503, verdict=Verdict.SERVER_ERROR))
    journal.accept(audit(service="slow", status=None, verdict=Verdict.UNKNOWN, failure=FailureKind.CLIENT_GONE))
    journal.accept(audit(service="fine"))
    page = browser.show(f"{url}/findings?kind=reported")
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition('id="counted-rows">')[2].partition("</tbody>")[0])
    assert [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows] == [
        ["shop", "5xx", "server error", "http", "7"],
        ["slow", "no response", "unknown", "http", "1"],
    ]


def test_a_finding_on_its_own_shows_examples_and_advice(browser: Browser, url: str, journal: Journal) -> None:
    found = finding()
    journal.accept(audit(found, target="/orders/17", verdict=Verdict.CLIENT_ERROR))
    journal.accept(audit(finding("other", message="something else"), verdict=Verdict.CLIENT_ERROR))
    page = browser.show(f"{url}/findings/{found.fingerprint}")
    assert "GET /orders/17" in page
    assert "<code>422</code>" in page
    assert 'href="https://rules.example/made"' in page
    assert "something else" not in page


def test_filters_come_from_the_address(browser: Browser, url: str, journal: Journal) -> None:
    journal.accept(audit(finding("a", message="message of a")))
    journal.accept(audit(finding("b", message="message of b")))
    page = browser.show(f"{url}/findings?service=shop&rule=b")
    assert "message of b" in page
    assert "message of a" not in page
    assert "1 of 2" in page


def test_what_came_over_the_wire_never_becomes_markup(browser: Browser, url: str, journal: Journal) -> None:
    attack = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    found = finding(message=attack, evidence=attack, service=attack, route=f"/{attack}", trace=attack)
    journal.accept(audit(found, service=attack))
    page = browser.show(f"{url}/findings/{found.fingerprint}")
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page
    assert "<script>document" not in page
    assert "<title>(1) wirelint</title>" in page


def test_nothing_is_fetched_from_elsewhere_or_set_as_markup() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        assert "innerHTML" not in text
        assert "insertAdjacentHTML" not in text
        if file.suffix in {".html", ".css"}:
            assert "http" not in text.replace("http-equiv", "")
