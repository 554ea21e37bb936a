"""The page: nothing but itself, nothing but text from the wire, readable on a small screen and in the dark."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest

from lab.audits import audit, finding, step
from lab.reports import HOSTILE, report
from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.exchange import Request, Response
from wirelint.core.finding import Finding
from wirelint.core.headers import Headers
from wirelint.core.origin import Origin
from wirelint.core.verdict import Verdict
from wirelint.rules import catalogue
from wirelint.sources import Skipped

FETCHING = {"src", "srcset", "data", "action", "formaction", "poster", "background", "ping", "xlink:href"}


class Page(HTMLParser):
    """Tags, addresses and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.events: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href" or name in FETCHING:
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.events.append(name)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def hostile() -> str:
    evil = finding(
        message=HOSTILE, evidence=HOSTILE, service=HOSTILE, route=HOSTILE, trace=HOSTILE, origin=Origin(HOSTILE, 0)
    )
    skipped, failures = [Skipped(1, HOSTILE)], [(HOSTILE, HOSTILE)]
    return report("html", audit(evil, service=HOSTILE), files=(HOSTILE,), skipped=skipped, failures=failures)


def test_it_shows_findings_services_and_rules() -> None:
    gone = audit(finding(origin=Origin("a.har", 3)), verdict=Verdict.SERVER_ERROR)
    page = Page(report("html", gone, gone, audit(service="pay"), skipped=[Skipped(1, "not HTTP")]))
    for text in ("200 with an error in it", "made-up", "/orders/{id}", '"error": "no stock"', "a.har#3, #3", "×2"):
        assert text in page.text
    for text in ("pay", "server errors reported", "1 record of a.har: not HTTP", "How to fix", "More about made-up"):
        assert text in page.text
    assert page.addresses == ["#rule-made-up"]


def test_it_fetches_nothing_and_runs_nothing() -> None:
    every = [audit(finding(rule.id, origin=Origin("a.har", 1))) for rule in catalogue()]
    for text in (report("html", *every, rules=catalogue()), hostile()):
        page = Page(text)
        assert all(address.startswith("#") for address in page.addresses)
        assert not {"script", "img", "iframe", "link", "object", "base", "form"} & set(page.tags)
        assert page.events == []
        style = text[text.index("<style>") : text.index("</style>")]
        assert "url(" not in style
        assert "@import" not in style
        assert "default-src 'none'" in text


def test_text_from_the_wire_stays_text() -> None:
    text = hostile()
    assert "\x1b" not in text
    page = Page(text)
    plain = Page(
        report(
            "html",
            audit(finding(trace="t", origin=Origin("a.har", 0))),
            skipped=[Skipped(1, "x")],
            failures=[("b", "b")],
        )
    )
    assert page.tags == plain.tags
    assert page.text.count("</script><img src=x onerror=alert(1)>") >= 8


def exchanged(name: str, said: str, *findings: Finding, at: float = 1000.0) -> Audit:
    """Return an audit of an exchange with messages."""
    made = audit(*(msgspec.structs.replace(each, exchange_id=name) for each in findings))
    fields = Headers.of(("Content-Type", "application/json"), ("X-Api-Key", "plumtree-harbour"))
    request = Request(method="GET", target="/orders/17?token=plumtree", headers=fields)
    response = Response(status=200, reason="OK", headers=fields, body=Body(said.encode()))
    exchange = msgspec.structs.replace(made.exchange, id=name, request=request, response=response, timestamp=at)
    return msgspec.structs.replace(made, exchange=exchange)


def test_a_finding_has_its_exchange_without_secrets() -> None:
    text = report("html", exchanged("e-1", '{"error":"no stock","password":"plumtree"}', finding()))
    assert "plumtree" not in text
    page = Page(text)
    assert "GET /orders/17?token=[redacted] HTTP/1.1Content-Type: application/json" in page.text
    assert "<mark>200</mark> OK</pre>" in text
    assert '<mark>"error": "no stock"</mark>' in text
    assert "Sent200Expected422What happenedclient error" in page.text


def test_the_exchanges_of_a_story_are_there_if_they_are_recent() -> None:
    told = msgspec.structs.replace(finding(), story=tuple(step(f"e-{number}") for number in (0, 1, 900)))
    many = [exchanged(f"e-{number}", f'{{"number": {number}}}') for number in range(900)]
    text = report("html", *many, exchanged("e-900", '{"last": 1}', told))
    assert text.count("<details open") == 1
    assert '"last": 1' in text
    assert '"number": 0' not in text  # too long ago
    text = report("html", many[1], exchanged("e-900", '{"last": 1}', told))
    assert text.index('"number": 1') < text.index('"last": 1')


def test_exchanges_of_many_findings_are_left_out() -> None:
    long = '{"text": "' + "many words " * 2500 + '"}'
    many = [exchanged(f"e-{number}", long, finding(f"rule-{number}")) for number in range(250)]
    text = report("html", *many)
    assert 100 < text.count('class="exchange"') < 250
    assert len(text) < 5_000_000
    assert text.count("the rest is left out here") == text.count('class="exchange"')


@pytest.mark.parametrize(
    ("files", "title"),
    [
        ((), "wirelint: 1 finding (1 medium) in 1 exchange of 1 service"),
        (("a.har", "b.har"), "wirelint: a.har, b.har"),
        (tuple("abcde"), "wirelint: a, b, c and 2 more"),
    ],
)
def test_the_title_says_what_it_is_about(files: tuple[str, ...], title: str) -> None:
    assert f"<title>{title}</title>" in report("html", audit(finding()), files=files)


def test_nothing_found() -> None:
    assert "Nothing was found." in Page(report("html", audit())).text
