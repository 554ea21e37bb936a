"""A service that checks callers correctly has no findings under random traffic; each way to break it is found."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

import pytest

from wirelint.core.body import Body
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.rules import catalogue

RULES = [
    "authenticated-told-401",
    "credentials-not-evaluated",
    "anonymous-read-of-forbidden",
    "auth-status-inconsistent",
    "existence-hidden-by-404",
    "challenge-scheme-mismatch",
    "sent-credentials-called-missing",
]
TEXTS = {401: "log in first", 403: "you may not do this", 404: "no such note", 200: "ok", 201: "ok", 204: ""}


@dataclass
class Note:
    owner: str
    public: bool = False
    readers: set[str] = field(default_factory=set)


class Notes:
    """A service of notes. ``fault`` names the one thing that it does wrong, if any."""

    def __init__(self, chance: random.Random, fault: str) -> None:
        self.chance, self.fault = chance, fault
        self.notes: dict[str, Note] = {}
        self.tokens = {f"{user}-{number:016x}": user for user in ("ada", "bob", "eve") for number in range(3)}
        self.revoked: set[str] = set()

    def answer(self, method: str, path: str, token: str | None) -> int:  # noqa: PLR0911 - one for each status
        """Return the status."""
        if path == "/reports" and self.fault == "unwired":
            return 401
        user = None if token in self.revoked else self.tokens.get(token or "")
        if self.fault == "flaky" and user is not None and self.chance.random() < 0.1:
            return 401
        note = self.notes.get(path)
        if method == "GET" and note is not None and (note.public or (self.fault == "open" and user is None)):
            return 200
        if user is None:
            return self.chance.choice([401, 403]) if self.fault == "dice" and token is None else 401
        if path in ("/notes", "/reports"):
            return 200
        if note is None:
            return self._create(method, path, user)
        if user != note.owner and (method != "GET" or user not in note.readers):
            return 404 if self.fault == "hides" else 403
        return self._write(method, path, note)

    def _create(self, method: str, path: str, user: str) -> int:
        if method != "PUT":
            return 404
        self.notes[path] = Note(user)
        return 201

    def _write(self, method: str, path: str, note: Note) -> int:
        if method == "DELETE":
            del self.notes[path]
            return 204
        if method == "PUT":
            note.public = not note.public if self.chance.random() < 0.5 else note.public
            note.readers ^= {self.chance.choice(["ada", "bob", "eve"])}
        return 200


def traffic(seed: int, fault: str, *, writes: float) -> list[Exchange]:
    chance = random.Random(seed)
    service = Notes(chance, fault)
    paths = ["/notes", "/reports", *(f"/notes/{uuid.UUID(int=chance.getrandbits(128))}" for _ in range(6))]
    now = 0.0
    told: list[tuple[str, str, str | None]] = [
        ("PUT", path, chance.choice(sorted(service.tokens))) for path in paths[2:]
    ]
    for _ in range(1500):
        method = chance.choice(["PUT", "DELETE"]) if chance.random() < writes else "GET"
        path = chance.choice(paths) if method == "GET" else chance.choice(paths[2:])
        token = chance.choice([None, *sorted(service.tokens)])
        told.append((method, path, token))
    found = []
    for number, (method, path, token) in enumerate(told):
        if token is not None and chance.random() < 0.002:
            service.revoked.add(token)
        now += chance.choice([0.1, 1.0, 5.0, 20.0])
        found.append(exchange(method, path, token, service.answer(method, path, token), now, number, fault))
    return found


def exchange(method: str, path: str, token: str | None, status: int, at: float, number: int, fault: str) -> Exchange:
    text = "No token provided" if status == 401 and fault == "blind" else TEXTS[status]
    content = f'{{"message": "{text}"}}'.encode() if text else b""
    fields = [("content-type", "application/json")]
    if status == 401:
        scheme = "Basic" if fault == "astray" else "Token"
        known = token is not None and fault != "unwired"
        fields.append(("www-authenticate", f'{scheme} realm="notes"' + (', error="invalid"' if known else "")))
    return Exchange(
        request=Request(
            method=method,
            target=path,
            authority="notes.example",
            headers=Headers.of(*([("authorization", f"Token {token}")] if token else []), ("user-agent", "test")),
        ),
        response=Response(
            status=status, headers=Headers.of(*fields), body=Body(content, media=media_type("application/json"))
        ),
        service="notes",
        id=str(number),
        client="client",
        started=at,
        ended=at + 0.05,
        timestamp=at,
    )


def findings(seed: int, fault: str, *, writes: float) -> set[str]:
    engine = Engine([rule for rule in catalogue() if rule.id in RULES])
    found = set()
    for each in traffic(seed, fault, writes=writes):
        audit = engine.audit(each)
        assert audit.faults == ()
        found |= {finding.rule for finding in audit.findings}
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("writes", [0.02, 0.2])
def test_a_proper_service_is_left_alone(seed: int, writes: float) -> None:
    assert findings(seed, "", writes=writes) == set()


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("flaky", "authenticated-told-401"),
        ("unwired", "credentials-not-evaluated"),
        ("open", "anonymous-read-of-forbidden"),
        ("dice", "auth-status-inconsistent"),
        ("hides", "existence-hidden-by-404"),
        ("astray", "challenge-scheme-mismatch"),
        ("blind", "sent-credentials-called-missing"),
    ],
)
def test_what_is_wrong_with_it_is_found_and_nothing_else(fault: str, rule: str) -> None:
    assert findings(1, fault, writes=0.02) == {rule}
