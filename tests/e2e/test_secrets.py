"""A secret that passes through appears in nothing that wirelint says, wherever it was carried and however echoed."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from lab.mitm import HOST, Peer, Service, talk
from lab.proxy import Audited
from support import wait_until

OPAQUE = "k4n4ryQ7xZ2pL9vB3"
WORDS = "plumtree-harbour-lantern"
"""A pass phrase, which looks like nothing in particular."""


class Sent(NamedTuple):
    """What a request carries; the path gets a number of its own in front."""

    target: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    content: str = ""


def basic(secret: str) -> Sent:
    return Sent(fields=(("Authorization", "Basic " + base64.b64encode(f"ada:{secret}".encode()).decode()),))


def part(secret: str) -> Sent:
    content = f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{secret}\r\n--b--\r\n'
    return Sent(fields=(("Content-Type", "multipart/form-data; boundary=b"),), content=content)


FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")

CARRIERS: Mapping[str, Callable[[str], Sent]] = {
    "bearer": lambda s: Sent(fields=(("Authorization", f"Bearer {s}"),)),
    "scheme-less": lambda s: Sent(fields=(("Authorization", s),)),
    "basic": basic,
    "digest": lambda s: Sent(fields=(("Authorization", f'Digest username="ada", response="{s}"'),)),
    "proxy": lambda s: Sent(fields=(("Proxy-Authorization", f"Bearer {s}"),)),
    "cookie": lambda s: Sent(fields=(("Cookie", f"theme=dark; sid={s}"),)),
    "api-key": lambda s: Sent(fields=(("X-Api-Key", s),)),
    "custom-field": lambda s: Sent(fields=(("X-Acme-Access-Token", s),)),
    "query": lambda s: Sent(target=f"?page=2&access_token={s}"),
    "query-unnamed": lambda s: Sent(target=f"?{s}"),
    "form": lambda s: Sent(fields=(FORM,), content=f"user=ada&password={s}"),
    "json": lambda s: Sent(fields=(JSON,), content=json.dumps({"user": "ada", "password": s})),
    "nested-json": lambda s: Sent(fields=(JSON,), content=json.dumps({"auth": [{"clientSecret": s}]})),
    "multipart": part,
    "referer": lambda s: Sent(fields=(("Referer", f"https://ada:{s}@shop.test/"),)),
}

# Places where only the form of a secret shows that it is one.
OPAQUE_CARRIERS: Mapping[str, Callable[[str], Sent]] = {
    "path": lambda s: Sent(target=f"/reset/{s}"),
    "path-parameter": lambda s: Sent(target=f"/reset;token={s}"),
}


class Said(NamedTuple):
    """What a response says about the secret, in a way that a rule has reason to quote."""

    status: str
    fields: tuple[tuple[str, str], ...]
    content: str


def page(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


ECHOES: Mapping[str, Callable[[str], Said]] = {
    "error": lambda s: Said("200 OK", (JSON,), json.dumps({"success": False, "error": f"cannot accept {s} here"})),
    "named": lambda s: Said("200 OK", (JSON,), json.dumps({"error": {"message": f"invalid token {s}", "token": s}})),
    "problem": lambda s: Said(
        "400 Bad Request",
        (("Content-Type", "application/problem+json"),),
        json.dumps({"status": 403, "title": f"no permission for {s}", "detail": s}),
    ),
    "denied": lambda s: Said("401 Unauthorized", (JSON,), json.dumps({"message": f"user may not use {s}"})),
    "challenge": lambda s: Said("401 Unauthorized", (("WWW-Authenticate", f'Bearer error="{s}", oops'),), s),
    "forbidden": lambda s: Said("403 Forbidden", (JSON,), json.dumps({"message": f"missing API key or {s} is wrong"})),
    "masked": lambda s: Said("500 Oops", (("Content-Type", "text/plain"),), f"upstream timed out while sending {s}"),
    "trace": lambda s: Said(
        "500 Internal Server Error",
        (("Content-Type", "text/plain"),),
        f'Traceback (most recent call last):\n  File "app.py", line 1, in login\n    login("{s}")\nValueError: {s}\n',
    ),
    "page": lambda s: Said("200 OK", (("Content-Type", "text/html"),), page(f"502 Bad Gateway for {s}")),
    "reason": lambda s: Said(f"503 {s}", (), f"too many requests of {s}, try again later"),
    "limited": lambda s: Said("403 Forbidden", (JSON,), json.dumps({"message": f"rate limit exceeded for {s}"})),
    "location": lambda s: Said("302 Found", (("Location", f"/login?next=/home&ticket={s}"),), ""),
    "userinfo": lambda s: Said(
        "500 Oops", (JSON,), json.dumps({"error": f"postgres://app:{s}@db:5432/x ECONNREFUSED"})
    ),
    "issued": lambda s: Said(
        "200 OK", (JSON, ("Set-Cookie", f"sid={s}; HttpOnly")), json.dumps({"access_token": s, "error": "x"})
    ),
    "status": lambda s: Said(
        "502 Bad Gateway", (("Proxy-Status", f'edge; error={s}; details="{s}"'), ("Retry-After", s)), s
    ),
}


class Case(NamedTuple):
    """One request, and what is said to it."""

    path: str
    sent: Sent
    said: Said


def cases() -> list[Case]:
    made = []
    for looks, secret, carriers in (
        ("opaque", OPAQUE, {**CARRIERS, **OPAQUE_CARRIERS}),
        ("words", WORDS, CARRIERS),
    ):
        for name, carry in carriers.items():
            for how, echo in ECHOES.items():
                sent = carry(secret)
                made.append(Case(f"/{looks}/{how}/{name}{sent.target}", sent, echo(secret)))
    return made


CASES = cases()


def leaks(text: str) -> list[str]:
    """Return the lines of a text that contain a secret."""
    spelled = {
        *(OPAQUE, WORDS, quote(OPAQUE), OPAQUE.lower()),
        *(base64.b64encode(f"ada:{secret}".encode()).decode() for secret in (OPAQUE, WORDS)),
    }
    return [line for line in text.splitlines() if any(each in line for each in spelled)]


def wire(case: Case) -> bytes:
    sent = case.sent
    length = [("Content-Length", str(len(sent.content)))] if sent.content else []
    fields = [("Host", "shop.test"), ("Accept", "application/json"), ("Connection", "close"), *sent.fields, *length]
    method = "POST" if sent.content else "GET"
    head = "\r\n".join([f"{method} {case.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""])
    return (head + sent.content).encode()


def answer(said: Said) -> bytes:
    fields = [*said.fields, ("Content-Length", str(len(said.content))), ("Connection", "close")]
    head = "\r\n".join([f"HTTP/1.1 {said.status}", *(f"{name}: {value}" for name, value in fields), "", ""])
    return (head + said.content).encode()


LOG = "findings.jsonl"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    said = {case.path.encode(): answer(case.said) for case in CASES}
    service = Service()

    def speak(peer: Peer) -> None:
        length = re.search(rb"Content-Length: (\d+)", peer.head)
        peer.read_body(int(length[1]) if length else 0)
        peer.send(said[peer.path.encode()])
        peer.sock.close()

    service.behaviours = dict.fromkeys({case.path.partition("?")[0] for case in CASES}, speak)
    services = {"shop": f"http://{HOST}:{service.port}"}
    folder = tmp_path_factory.mktemp("secrets")
    with Audited(services, folder, "--min-confidence", "weak", "--log", str(folder / LOG)) as running:
        for case in CASES:
            assert talk(running.ports["shop"], wire(case)) == answer(case.said)
        running.settle(len(CASES))
        yield running
    service.close()


def test_there_is_something_to_say(proxy: Audited) -> None:
    assert len(proxy.findings()) > len(CASES) / 4


def test_terminal(proxy: Audited) -> None:
    assert leaks(proxy.output()) == []


def test_log(proxy: Audited) -> None:
    log = proxy.log.parent / LOG
    wait_until(lambda: log.exists() and log.read_text().count("\n") >= len(proxy.findings()), "the log")
    assert leaks(log.read_text()) == []


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
def test_metrics(proxy: Audited, accept: str) -> None:
    assert leaks(proxy.get("/metrics", accept)) == []


@pytest.mark.parametrize("path", ["/", "/api/services", "/api/rules", "/api/findings"])
def test_page(proxy: Audited, path: str) -> None:
    assert leaks(proxy.get(path).replace("},", "},\n")) == []


def test_single_findings(proxy: Audited) -> None:
    assert leaks("\n".join(json.dumps(each) for each in proxy.findings())) == []


def test_exchanges_are_shown_whole_but_for_the_secrets(proxy: Audited) -> None:
    listed = json.loads(proxy.get("/api/exchanges?limit=500"))["exchanges"]
    shown = [json.loads(proxy.get(f"/api/exchanges/{each['id']}")) for each in listed]
    kept = [each for each in shown if each["kept"]]
    assert sum(bool(each["response"]["body"]) for each in kept) > 20
    assert leaks("\n".join(json.dumps(each).replace("},", "},\n") for each in shown)) == []
    saved = json.loads(proxy.get("/api/har"))["log"]["entries"]
    assert len(saved) >= len(kept)
    assert leaks("\n".join(json.dumps(each).replace("},", "},\n") for each in saved)) == []


def entry(case: Case) -> dict[str, Any]:
    """Return the same for a file."""
    sent, said = case.sent, case.said
    kind = dict(sent.fields).get("Content-Type", "")
    status, _, reason = said.status.partition(" ")
    request: dict[str, Any] = {
        "method": "POST" if sent.content else "GET",
        "url": f"http://shop.test{case.path}",
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": name, "value": value} for name, value in sent.fields],
    }
    if sent.content:
        request["postData"] = {"mimeType": kind, "text": sent.content}
    return {
        "startedDateTime": "2026-11-21T03:00:00.000Z",
        "time": 5,
        "request": request,
        "response": {
            "status": int(status),
            "statusText": reason,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in said.fields],
            "content": {
                "size": len(said.content),
                "mimeType": dict(said.fields).get("Content-Type", ""),
                "text": said.content,
            },
        },
    }


@pytest.mark.parametrize("form", ["jsonl", "full", "concise"])
def test_files(tmp_path: Path, form: str) -> None:
    capture = tmp_path / "capture.har"
    capture.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry(case) for case in CASES]}}))
    page = tmp_path / "page.html"
    options = ["--format", form, "--min-confidence", "weak", "--debug", "--output", f"html:{page}"]
    command = [sys.executable, "-m", "wirelint", "audit", *options, str(capture)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    assert len(run.stdout.splitlines()) > len(CASES) / 8
    assert leaks(run.stdout) == []
    assert leaks(run.stderr) == []
    assert page.read_text().count('class="exchange"') > len(CASES) / 8
    assert leaks(page.read_text().replace("</", "\n</")) == []
