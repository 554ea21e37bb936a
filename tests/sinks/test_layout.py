"""One layout for terminal and reports: a line where it fits, else a block; nothing twice."""

from __future__ import annotations

import io

import pytest

from wirelint.core.exchange import Direction
from wirelint.core.finding import Confidence, Finding, Severity, Side
from wirelint.core.verdict import Verdict
from wirelint.sinks.console import Printer
from wirelint.sinks.layout import block, brief, line

FOUND = Finding(
    rule="ok-with-error-body",
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    side=Side.SERVER,
    service="shop\x1b[1m",
    direction=Direction.INBOUND,
    method="GET",
    route="/users/{id}",
    status=200,
    verdict=Verdict.CLIENT_ERROR,
    suggested_status=404,
    message="200, but the content says that it failed: no such user",
    evidence='{"error": "no such user", "code": 17}',
    fingerprint="0123456789abcdef",
    exchange_id="1",
    trace_id=None,
    timestamp=None,
    origin=None,
)
LINK = "http://127.0.0.1:9464/findings/0123456789abcdef"


def replaced(**members: object) -> Finding:
    return Finding(**({name: getattr(FOUND, name) for name in FOUND.__struct_fields__} | members))


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            120,
            [
                "medium  shop\ufffd[1m GET /users/{id}  200 → 404",
                "  200, but the content says that it failed: no such user  [ok-with-error-body]",
                '  │ {"error": "no such user", "code": 17}',
                f"  GET /users/42?page=3  {LINK}",
            ],
        ),
        (
            60,
            [
                "medium  shop\ufffd[1m GET /users/{id}  200 → 404",
                "  200, but the content says that it failed: no such user",
                "  [ok-with-error-body]",
                '  │ {"error": "no such user", "code": 17}',
                "  GET /users/42?page=3",
                f"  {LINK}",
            ],
        ),
    ],
)
def test_by_width(monkeypatch: pytest.MonkeyPatch, width: int, lines: list[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    out.isatty = lambda: True  # type: ignore[method-assign]
    printer = Printer(out)
    printer.console.width = width
    for each in block(FOUND, width, target="/users/42?page=3", link=LINK):
        printer.lay_out(each)
    assert out.getvalue().splitlines() == lines


def test_one_line_for_what_is_collected() -> None:
    (only,) = brief(FOUND)
    assert only.text.plain == (
        "medium  shop\ufffd[1m GET /users/{id}  200 → 404"
        "  200, but the content says that it failed: no such user  [ok-with-error-body]"
    )
    timed = line(replaced(timestamp=0.0), clock=True, count=1200).plain
    assert timed[2] == timed[5] == ":"
    assert "  200 → 404  ×1,200  200, but" in timed


def test_nothing_is_said_twice() -> None:
    found = replaced(
        route="/me",
        status=401,
        verdict=Verdict.CLIENT_ERROR,
        suggested_status=None,
        message="401 without a WWW-Authenticate field",
        evidence="401 Unauthorized",
    )
    lines = [each.text.plain for each in block(found, None, target="/me")]
    assert lines == ["medium  shop\ufffd[1m GET /me  401 without a WWW-Authenticate field  [ok-with-error-body]"]
    assert "  no response → 502  " in line(replaced(status=None, suggested_status=502)).plain
    assert "  actual outcome: client error" in line(replaced(suggested_status=None)).plain
