"""The live page in a real browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lab.audits import RULE, audit, finding, step
from lab.reports import report
from tools import require_library, require_tool
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.exchange import FailureKind, Request, Response
from wirelint.core.finding import Finding, Severity
from wirelint.core.headers import Headers
from wirelint.core.verdict import Verdict
from wirelint.history.envelopes import Learned
from wirelint.sinks.exchange_log import ExchangeLog
from wirelint.sinks.journal import Journal
from wirelint.sinks.metrics.registry import Metrics
from wirelint.sinks.reachability import Reachability
from wirelint.sources import Skipped
from wirelint.web.server import WebServer
from wirelint.web.site import Endpoint, Site

playwright = require_library("playwright.sync_api")
axe = require_library("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.e2e

STATIC = Path(__file__).parents[2] / "addons" / "wirelint" / "web" / "static"
Page = Any


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=require_tool("chromium"), args=["--no-sandbox"])
        yield made
        made.close()


class Lab:
    """The server of the page, with what it serves."""

    def __init__(self) -> None:
        self.reach = Reachability(lambda _: None)
        self.journal = Journal(unreachable=self.reach.now)
        self.log = ExchangeLog()
        self.listeners = [Endpoint("http://127.0.0.1:18080", "shop"), Endpoint("http://127.0.0.1:18081")]
        self.metrics = Metrics([RULE])
        site = Site(
            self.metrics,
            self.journal,
            self.log,
            [RULE],
            listeners=lambda: self.listeners,
            learned=lambda: [Learned("shop", "status", '"ok"')],
        )
        self.server = WebServer(site, port=0)
        self.url = self.server.start()

    def see(self, *audits: Audit) -> None:
        """Show exchanges."""
        for each in audits:
            for sink in (self.journal, self.log, self.reach):
                sink.accept(each)


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.server.stop()


@pytest.fixture
def page(browser: Any, lab: Lab) -> Iterator[Page]:
    """Provide an empty tab; what goes wrong in it fails the test."""
    shown = browser.new_page(base_url=lab.url)
    shown.set_default_timeout(10_000)
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    yield shown
    shown.close()
    assert wrong == []


def whole(
    name: str, *findings: Finding, sent: str = '{"a": 1}', said: str = '{"b": 2}', at: float = 1000.0, **facts: Any
) -> Audit:
    """Return an audit of an exchange with messages."""
    made = audit(*(msgspec.structs.replace(each, exchange_id=name) for each in findings), **facts)
    fields = Headers.of(("Content-Type", "application/json"))
    old = made.exchange.request
    request = Request(method=old.method, target=old.target, headers=fields, body=Body(sent.encode()))
    response = Response(status=made.exchange.status or 200, reason="OK", headers=fields, body=Body(said.encode()))
    exchange = msgspec.structs.replace(made.exchange, id=name, request=request, response=response, timestamp=at)
    return msgspec.structs.replace(made, exchange=exchange)


def test_an_empty_page_says_where_to_send_traffic(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Waiting for traffic").wait_for()
    assert page.get_by_text("curl -i http://127.0.0.1:18080/").is_visible()
    assert page.get_by_text("curl -x http://127.0.0.1:18081").is_visible()


def test_findings_and_rates_are_shown(page: Page, lab: Lab) -> None:
    lab.see(audit(finding(), verdict=Verdict.SERVER_ERROR), audit(), audit(), audit())
    page.goto("/")
    page.get_by_text("200 with an error in it").wait_for()
    assert page.locator("#list").inner_text().split("\n")[:4] == [
        "medium",
        "200 with an error in it",
        "made-up",
        "GET /orders/{id}",
    ]
    figures = [page.locator(f"#{name}").inner_text() for name in ("lied", "answered", "reported", "true", "gap")]
    assert figures == ["1", "of 4", "0", "1", "1 server error as success"]
    assert page.locator("#state").get_attribute("data-kind") == "live"
    assert page.title() == "(1) wirelint"
    assert not page.get_by_text("Waiting for traffic").is_visible()


def test_a_service_that_cannot_be_reached_is_named(page: Page, lab: Lab) -> None:
    failed = audit(
        service="dead",
        status=None,
        verdict=Verdict.SERVER_ERROR,
        failure=FailureKind.CONNECT,
        address="127.0.0.1:20098",
    )
    lab.see(failed, failed, failed)
    page.goto("/")
    box = page.locator("#unreachable-list")
    box.get_by_text("dead:").wait_for()
    assert "cannot connect to 127.0.0.1:20098 (connect) 3 exchanges since" in box.inner_text()
    assert page.locator("#empty").inner_text().endswith("3 of 3 exchanges had none.")
    assert page.locator("#reported").inner_text() == "3"


def test_a_figure_leads_to_the_exchanges_that_it_counts(page: Page, lab: Lab) -> None:
    lab.see(*(audit(status=503, verdict=Verdict.SERVER_ERROR) for _ in range(7)))
    lab.see(audit(service="slow", status=None, verdict=Verdict.UNKNOWN, failure=FailureKind.CLIENT_GONE))
    lab.see(audit(service="fine"))
    page.goto("/findings?kind=reported")
    page.locator("#counted-rows tr").first.wait_for()
    assert page.locator("#counted-rows").inner_text().split("\n") == [
        "shop\t5xx\tserver error\thttp\t7",
        "slow\tno response\tunknown\thttp\t1",
    ]


def test_a_finding_shows_its_exchange_and_advice(page: Page, lab: Lab) -> None:
    found = finding(evidence='"error": "no stock"')
    said = '{"error":"no stock","token":"plumtree"}'
    lab.see(whole("e-1", found, said=said, sent='{"password":"plumtree"}', verdict=Verdict.CLIENT_ERROR))
    page.goto("/")
    page.get_by_text("200 with an error in it").click()
    page.locator(".exchange").wait_for()
    assert page.url.endswith(f"/findings/{found.fingerprint}")
    assert page.locator(".half").first.inner_text().startswith("Request\nGET /orders/17 HTTP/1.1\nContent-Type:")
    assert page.locator(".half mark").all_inner_texts() == ["200", '"error": "no stock"']
    assert page.locator(".statuses dd").all_inner_texts() == ["200", "422", "client error"]
    assert page.locator(".masked").all_inner_texts() == ["[redacted]", "[redacted]"]
    assert page.locator(".advice a").get_attribute("href") == "https://rules.example/made"
    assert "plumtree" not in page.content()
    page.keyboard.press("Escape")
    page.locator("#list a:focus").wait_for()


def test_the_exchanges_of_a_story_can_be_opened(page: Page, lab: Lab) -> None:
    places = ((0, "gate", "gone"), (1, "gate", "first"), (2, "shop", "then"))
    steps = [step(f"s-{number}", service, note, at=float(number)) for number, service, note in places]
    found = msgspec.structs.replace(finding(), story=tuple(steps))
    lab.see(whole("s-1", said='{"step": "one"}', service="gate"), whole("s-2", found, said='{"step": "two"}'))
    page.goto(f"/findings/{found.fingerprint}")
    page.get_by_text('"step": "two"').wait_for()
    buttons = page.locator(".steps button")
    assert [each.is_enabled() for each in buttons.all()] == [False, True, True]
    buttons.nth(1).press("Enter")
    page.get_by_text('"step": "one"').wait_for()
    playwright.expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")


def test_filters_come_from_the_address_and_from_the_keyboard(page: Page, lab: Lab) -> None:
    lab.see(
        audit(finding("a", message="message of alpha")), audit(finding("b", message="message of beta", suggested=None))
    )
    page.goto("/findings?service=shop&rule=b")
    page.get_by_text("message of beta").wait_for()
    assert page.locator("#shown").inner_text() == "1 of 2"
    page.goto("/findings?expected=422")
    page.get_by_text("message of alpha").wait_for()
    playwright.expect(page.get_by_text("message of beta")).not_to_be_visible()
    page.goto("/")
    page.get_by_text("message of alpha").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("OF BETA")
    page.get_by_text("message of alpha").wait_for(state="detached")
    page.wait_for_url("**text=OF+BETA")


def test_what_was_resolved_comes_back_without_a_reload(page: Page, lab: Lab) -> None:
    found = finding()
    lab.see(whole("e-1", found))
    page.goto(f"/findings/{found.fingerprint}")
    page.get_by_role("button", name="Mark resolved").click()
    page.get_by_role("button", name="Open again").wait_for()
    page.get_by_role("link", name="All findings").click()
    page.get_by_text("No finding matches").wait_for()
    lab.see(whole("e-2", found))
    page.get_by_text("came back").filter(visible=True).wait_for()
    playwright.expect(page.locator("#list")).to_contain_text("2 ×")
    lab.see(audit(finding("other", message="a new one")))
    page.get_by_text("a new one").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("All well").wait_for()


def test_an_exchange_can_be_copied_as_curl_and_saved(page: Page, lab: Lab) -> None:
    found = finding()
    made = whole("e-1", found, sent='{"it\'s": "$HOME `x`", "password": "plumtree"}', target="/a b/1?token=plumtree")
    headers = Headers.of(("Host", "shop.test"), ("Authorization", "Bearer plumtree"), ("X-Note", "it's"))
    request = msgspec.structs.replace(made.exchange.request, method="PUT", headers=headers)
    lab.see(msgspec.structs.replace(made, exchange=msgspec.structs.replace(made.exchange, request=request)))
    page.add_init_script("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.goto(f"/findings/{found.fingerprint}")
    page.get_by_role("button", name="Copy as curl").click()
    command = page.wait_for_function("window.copied").json_value()
    assert "plumtree" not in command
    run = subprocess.run(
        ["sh", "-c", f"curl() {{ printf '%s\\n' \"$@\"; }}\nAUTHORIZATION=secret MASKED=hidden\n{command}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = run.stdout
    assert words.startswith("-i\n-g\n-X\nPUT\nhttp://shop.test/")
    assert "Authorization: Bearer secret\n" in words
    assert "X-Note: it's\n" in words
    assert json.loads(words.partition("--data-raw\n")[2]) == {"it's": "$HOME `x`", "password": "hidden"}
    page.get_by_role("button", name="Copy suppression").click()
    page.wait_for_function("window.copied.startsWith('[[suppress]]')")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as HAR").click()
    assert saving.value.suggested_filename == f"wirelint-{found.fingerprint}.har"


def test_the_log_lists_and_opens_exchanges(page: Page, lab: Lab) -> None:
    lab.see(whole("x/1", target="/a/1", said='{"n": 1}'), whole("x-2", finding(), target="/a/2", status=404))
    page.goto("/exchanges")
    page.get_by_role("link", name="/a/1").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("made-up")
    page.get_by_role("link", name="/a/1").wait_for(state="detached")
    assert "GET /a/2\t404\tok\t50 ms\tmade-up" in page.locator("#log-rows").inner_text()
    page.locator("#log-text").fill("")
    page.get_by_role("link", name="/a/1").click()
    page.get_by_text('"n": 1').wait_for()
    page.reload()
    page.get_by_text('"n": 1').wait_for()


def test_health_is_said_in_words(page: Page, lab: Lab) -> None:
    lab.metrics.skip("shop", "sampled")
    page.goto("/")
    page.get_by_role("link", name="Health").click()
    page.get_by_text("Not everything was inspected.").wait_for()
    assert page.locator("#health-rows").inner_text().split("\t")[1:] == ["outside the sample", "shop", "1"]
    assert page.locator("#learned-list").inner_text() == (
        """shop succeeds with "status": "ok". Audited as an error under success: status != 'ok'."""
    )


def test_what_came_over_the_wire_never_becomes_markup(page: Page, lab: Lab) -> None:
    attack = '<img src=x onerror="document.title=1"><script>document.title=1</script><a href="javascript:1">x'
    found = finding(message=attack, evidence=attack, service=attack, route=f"/{attack}", trace=attack)
    said = json.dumps({attack: attack})
    made = whole("<b>", found, service=attack, target=f"/{attack}?{attack}", sent=said, said=said)
    headers = Headers.of(("Content-Type", "application/json"), (attack, attack), ("Location", "javascript:alert(1)"))
    response = Response(status=200, reason=attack, headers=headers, body=Body(said.encode()))
    lab.see(msgspec.structs.replace(made, exchange=msgspec.structs.replace(made.exchange, response=response)))
    for path in (f"/findings/{found.fingerprint}", "/", "/exchanges", "/exchanges/%3Cb%3E"):
        page.goto(path)
        page.locator("main").get_by_text("document.title").filter(visible=True).first.wait_for()
        assert page.locator("main :is(img, script, [onerror], a[href^='javascript'])").count() == 0
        playwright.expect(page).to_have_title("(1) wirelint")


def test_thousands_of_findings_are_shown_in_parts(page: Page, lab: Lab) -> None:
    for number in range(5000):
        made = finding(f"rule-{number}", severity=Severity(number % 4), message=f"message {number} of many")
        lab.journal.accept(audit(made))
    page.goto("/")
    page.get_by_role("button", name="Show 100 more").wait_for()
    playwright.expect(page.locator("#list > li")).to_have_count(100)
    page.get_by_role("button", name="Show 100 more").click()
    playwright.expect(page.locator("#list > li")).to_have_count(200)
    page.locator("#filter-text").fill("rule-4321")
    page.get_by_text("message 4321 of many").wait_for()
    playwright.expect(page.locator("#shown")).to_have_text("1 of 5,000")


PATHS = ("/", "/exchanges", "/health", f"/findings/{finding().fingerprint}", "/exchanges/e-1", "/findings/none")


def test_it_is_accessible_in_all_views(browser: Any, lab: Lab) -> None:
    """Light and narrow, dark and wide: axe finds nothing, and nothing is wider than the screen."""
    story = (step("e-0", "gate"), step("e-1", "shop", at=2.0))
    told = msgspec.structs.replace(finding("told"), story=story, exchange_id="e-1")
    lab.see(whole("e-0", service="gate"), whole("e-1", finding(), told, said='{"error": "no stock"}'))
    lab.see(audit(service="dead", status=None, failure=FailureKind.CONNECT, address="10.0.0.1:80"))
    lab.metrics.skip("shop", "sampled")
    lab.journal.resolve(told.fingerprint)
    for width, scheme in ((400, "light"), (1280, "dark")):
        page = browser.new_page(
            base_url=lab.url, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        )
        for path in (*PATHS, f"/findings/{told.fingerprint}"):
            page.goto(path)
            page.locator("main > :not([hidden])").first.wait_for()
            page.locator("#state[data-kind=live]").wait_for()
            found = axe.Axe().run(page).response["violations"]
            assert [(path, each["id"], each["nodes"][0]["html"]) for each in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


def test_a_report_is_accessible_and_fits_a_small_screen(browser: Any, tmp_path: Path) -> None:
    story = msgspec.structs.replace(finding("told"), story=(step("e-0"), step("e-1")))
    said = '{"error": "no stock", "token": "plumtree"}'
    found = finding(evidence='"error": "no stock", "token": "[redacted]"')
    route = "/" + "very-long-segment-without-a-break" * 8
    long = finding(route=route, service="s" * 120, message="m" * 300, evidence="e" * 200, severity=Severity.HIGH)
    audits = (whole("e-0", found, said=said), whole("e-1", story, said=said), audit(long, service="s" * 120))
    text = report("html", *audits, skipped=[Skipped(1, "w" * 200)])
    (tmp_path / "report.html").write_text(text.replace("<details>", "<details open>"))
    for width, scheme in ((400, "dark"), (1280, "light")):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
        page.goto((tmp_path / "report.html").as_uri())
        assert axe.Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


def test_the_keyboard_alone_is_enough(page: Page, lab: Lab) -> None:
    lab.see(whole("e-1", finding("alpha", message="message of alpha")))
    lab.see(whole("e-2", finding("beta", message="message of beta"), said='{"error": "no stock"}'))
    page.goto("/")
    page.get_by_text("message of beta").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("beta")
    page.get_by_text("message of alpha").wait_for(state="detached")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.fingerprint"):
            break
    page.keyboard.press("Enter")
    page.locator(".exchange").get_by_text('"no stock"').wait_for()
    playwright.expect(page.locator("h2:focus")).to_contain_text("message of beta")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open again").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("No finding matches").wait_for()


def test_nothing_is_fetched_from_elsewhere_or_set_as_markup() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        assert "innerHTML" not in text
        assert "insertAdjacentHTML" not in text
        if file.suffix in {".html", ".css"}:
            assert "http" not in text.replace("http-equiv", "")
