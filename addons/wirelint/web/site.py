"""The resources by path, as plain values, independent of sockets."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote

import msgspec

from wirelint import __version__
from wirelint.core.finding import Finding
from wirelint.core.rule import SINCE, STATUS, Rule
from wirelint.history.envelopes import Learned
from wirelint.sinks.exchange_log import Kept
from wirelint.sinks.har import document
from wirelint.sinks.metrics.budget import label_value
from wirelint.sinks.metrics.exposition import Family
from wirelint.sinks.text import sections
from wirelint.web.actions import is_own
from wirelint.web.answer import FRESH, JSON, Answer, problem
from wirelint.web.health import health

TEXT: Final = "text/plain; charset=utf-8"

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
NOT_FOUND: Final = 404
READ: Final = "GET, HEAD"
_MOST_NEWS: Final = 200
_fingerprint: Final = re.compile(r"[0-9a-f]{16}")


class MetricsText(Protocol):
    """A provider of metrics."""

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """Return content type and content for an Accept field."""

    def families(self) -> Iterator[Family]:
        """Yield all metrics."""


class Findings(Protocol):
    """A provider of findings and totals; see ``wirelint.sinks.journal``."""

    def marker(self) -> tuple[int, int]:
        """Return numbers that differ as soon as a snapshot would."""

    def snapshot(
        self, since: int = 0, *, service: str = "", rule: str = "", words: str = "", limit: int = 0
    ) -> dict[str, Any]:
        """Return the findings that changed since a revision, and totals."""

    def resolve(self, fingerprint: str, *, resolved: bool = True) -> bool:
        """Mark a finding as resolved, or open it again; return whether it is known."""

    def clear(self) -> None:
        """Forget all findings."""

    def services(self) -> dict[str, Any]:
        """Return totals by service."""

    def finding(self, fingerprint: str) -> dict[str, Any] | None:
        """Return one finding with its examples."""

    def latest(self, fingerprint: str) -> Finding | None:
        """Return the latest finding of a fingerprint."""


class Exchanges(Protocol):
    """A provider of exchanges; see ``wirelint.sinks.exchange_log``."""

    unkept: int
    unlisted: int

    def exchanges(  # noqa: PLR0913 - filters, by name
        self,
        *,
        limit: int = 100,
        before: str = "",
        service: str = "",
        status: str = "",
        verdict: str = "",
        words: str = "",
    ) -> dict[str, Any]:
        """Return the latest exchanges without their messages."""

    def exchange(self, name: str, finding: Finding | None = None) -> dict[str, Any] | None:
        """Return one exchange with its masked messages."""

    def proofs(self, fingerprint: str) -> list[list[dict[str, Any]]]:
        """Return the exchanges that prove a finding, the latest proof first."""

    def select(self, *, fingerprint: str = "", service: str = "") -> list[Kept]:
        """Return exchanges in order of time: those that prove a finding, those of a service, or all."""

    def clear(self) -> None:
        """Forget all exchanges."""


class Endpoint(msgspec.Struct, frozen=True):
    """An address of the proxy; ``service`` is the service behind it, empty for a forward proxy."""

    url: str
    service: str = ""


EVENTS: Final = Answer(200, "text/event-stream", b"")
"""Stands for a stream of events, which ``Site.events`` yields."""


class Site:
    """All resources.

    :param metrics: for ``/metrics``.
    :param journal: the findings, for the page and the API.
    :param exchanges: likewise.
    :param rules: the rules that run, for ``/api/rules``.
    :param listeners: the proxy's addresses; called each time, from other threads, like the next two.
    :param learned: what was learned of services; called each time, from other threads.
    :param live: whether the process works; if this probe fails, it is restarted.
    :param ready: whether it can take traffic.
    """

    def __init__(  # noqa: PLR0913 - the parts it is wired from, by name
        self,
        metrics: MetricsText,
        journal: Findings,
        exchanges: Exchanges,
        rules: Iterable[Rule],
        *,
        listeners: Callable[[], Sequence[Endpoint]] = tuple,
        learned: Callable[[], Iterable[Learned]] = tuple,
        live: Callable[[], bool] = lambda: True,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._metrics = metrics
        self._journal = journal
        self._exchanges = exchanges
        self._listeners = listeners
        self._learned = learned
        self._live = live
        self._ready = ready
        self.change_rules(rules)
        folder = importlib.resources.files(__package__) / "static"
        self._files = {
            file.name: _static(file.name, file.read_bytes())
            for file in folder.iterdir()
            if _suffix(file.name) in _TYPES
        }
        self._page = self._files["index.html"]
        self._resources: dict[str, Callable[[str], Answer]] = {
            "events": lambda _: EVENTS,
            "exchanges": self._latest,
            "findings": self._changes,
            "har": self._har,
            "health": lambda _: _json(200, self._health()),
            "rules": lambda _: self._rules,
            "services": lambda _: _json(200, self._services()),
        }

    def change_rules(self, rules: Iterable[Rule]) -> None:
        """Change the rules that run."""
        self._rules = _json(200, {"rules": [_rule(rule) for rule in rules]})

    def get(self, path: str, query: str = "", fields: Mapping[str, str] | None = None) -> Answer:  # noqa: PLR0911 - a table
        """Return the answer to a GET.

        :param path: of the request target.
        :param query: of the request target, without the question mark.
        :param fields: the request's fields, names in lower case.
        """
        fields = fields or {}
        match path.split("/")[1:]:
            case ["metrics"]:
                kind, content = self._metrics.render(fields.get("accept", ""))
                return Answer(200, kind, content, (FRESH, ("Vary", "Accept")))
            case ["healthz"]:
                return _health(self._live())
            case ["readyz"]:
                return _health(self._ready())
            case [""] | ["findings"] | ["exchanges"] | ["exchanges", _] | ["health"]:
                return self._page
            case ["findings", fingerprint]:
                return self._finding(fingerprint, as_json=_wants_json(fields.get("accept", "")))
            case ["api", *rest]:
                return self._api(rest, query)
            case ["static", name] if name in self._files and name != "index.html":
                return self._files[name]
        return not_found()

    def _api(self, path: list[str], query: str) -> Answer:
        match path:
            case [name] if name in self._resources:
                return self._resources[name](query)
            case ["findings", fingerprint]:
                return self._finding(fingerprint, as_json=True)
            case ["exchanges", name]:
                return self._exchange(unquote(name), query)
            case ["clear"] | ["findings", _, "resolve" | "reopen"]:
                return problem(405, "only POST", ("Allow", "POST"))
        return not_found()

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Return the answer to a POST, which changes what is shown.

        :param path: of the request target.
        :param fields: the request's fields, names in lower case.
        """
        if self.methods(path) == READ:
            found = self.get(path)
            return found if found.status == NOT_FOUND else problem(405, "only GET and HEAD", ("Allow", READ))
        if not is_own(fields):
            return problem(403, "not from the page: send the field Wirelint-Page, and Origin as the page would")
        match path.split("/")[2:]:
            case ["clear"]:
                self._journal.clear()
                self._exchanges.clear()
                return _json(200, {})
            case ["findings", fingerprint, "resolve" | "reopen" as act]:
                if self._journal.resolve(fingerprint, resolved=act == "resolve"):
                    return _json(200, {})
        return problem(404, "no such finding, or evicted")

    def methods(self, path: str) -> str:
        """Return the methods of a resource, as the Allow field lists them."""
        match path.split("/")[1:]:
            case ["api", "clear"] | ["api", "findings", _, "resolve" | "reopen"]:
                return "POST"
        return READ

    def _har(self, query: str) -> Answer:
        asked = _asked(query) or {}
        kept = self._exchanges.select(fingerprint=asked.get("finding", ""), service=asked.get("service", ""))
        name = asked["finding"] if _fingerprint.fullmatch(asked.get("finding", "")) else "exchanges"
        answer = _json(200, document(kept))
        attached = ("Content-Disposition", f'attachment; filename="wirelint-{name}.har"')
        return msgspec.structs.replace(answer, fields=(*answer.fields, attached))

    def _health(self) -> dict[str, Any]:
        kept, unkept = self._exchanges.exchanges(limit=0)["kept"], self._exchanges.unkept
        own = {"ready": self._ready(), "alive": self._live(), "kept": kept, "kept_without_messages": unkept}
        own["not_listed"] = self._exchanges.unlisted
        return {**own, **health(self._metrics.families())}

    def _services(self) -> dict[str, Any]:
        listeners = [msgspec.structs.asdict(each) for each in self._listeners()]
        learned = [
            {
                "service": label_value(each.service),
                "member": each.member,
                "success": each.marks,
                "error": each.condition,
            }
            for each in self._learned()
            if each.is_plain
        ]
        return {"version": __version__, "listeners": listeners, "learned": learned, **self._journal.services()}

    def events(self, since: int) -> Iterator[bytes | None]:
        """Yield server-sent events with what changed, without end; None if nothing did.

        :param since: the revision that the client has.
        """
        marker: tuple[int, int] | None = None
        while True:
            now = self._journal.marker()
            if now == marker:
                yield None
                continue
            marker = now
            news = self._journal.snapshot(since, limit=_MOST_NEWS)
            since = news["revision"]
            if since < now[0]:
                marker = None  # there is more
            yield b"id: %d\nevent: findings\ndata: %s\n\n" % (since, msgspec.json.encode(_encodable(news)))

    def _latest(self, query: str) -> Answer:
        asked = _asked(query)
        if asked is None:
            return problem(400, "too many parameters")
        limit = asked.pop("limit", "100")
        if not _is_number(limit):
            return problem(400, "limit is a number")
        words = asked.pop("q", "")
        filters = {name: asked.get(name, "") for name in ("before", "service", "status", "verdict")}
        return _json(200, self._exchanges.exchanges(limit=int(limit), words=words, **filters))

    def _exchange(self, name: str, query: str) -> Answer:
        fingerprint = (_asked(query) or {}).get("finding", "")
        found = self._exchanges.exchange(name, self._journal.latest(fingerprint))
        return problem(404, "no such exchange, or evicted") if found is None else _json(200, found)

    def _changes(self, query: str) -> Answer:
        asked = _asked(query)
        if asked is None:
            return problem(400, "too many parameters")
        since = asked.get("since", "0")
        if not _is_number(since):
            return problem(400, "since is a revision, as an earlier answer gave it")
        service, rule, words = (asked.get(name, "") for name in ("service", "rule", "q"))
        return _json(200, self._journal.snapshot(int(since), service=service, rule=rule, words=words))

    def _finding(self, fingerprint: str, *, as_json: bool) -> Answer:
        found = self._journal.finding(fingerprint) if _fingerprint.fullmatch(fingerprint) else None
        if as_json and found is None:
            answer = problem(404, "no such finding, or evicted")
        elif as_json and found is not None:
            proofs = self._exchanges.proofs(fingerprint)
            answer = _json(200, {**found, "proofs": proofs, "suppression": suppression(found)})
        else:
            answer = msgspec.structs.replace(self._page, status=200 if found else 404, fields=(FRESH,))
        return msgspec.structs.replace(answer, fields=(*answer.fields, ("Vary", "Accept")))


def _asked(query: str) -> dict[str, str] | None:
    """Return the parameters of a query, of those that repeat the last; None if there are too many."""
    try:
        return {name: values[-1] for name, values in parse_qs(query, max_num_fields=16).items()}
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def suppression(finding: Mapping[str, Any]) -> str:
    """Return a table for ``wirelint.toml`` that accepts a finding, given as the API has it."""
    lines = [
        "[[suppress]]",
        f"rule = {_quoted(finding['rule'])}",
        f"service = {_quoted(finding['service'])}",
        f"route = {_quoted(finding['method'] + ' ' + finding['route'])}",
        'reason = "Say here why this is accepted."',
    ]
    if not finding["service"]:
        del lines[2]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return text as a basic string of TOML, which writes all of JSON's escapes."""
    return json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")


def not_found() -> Answer:
    """Return a 404."""
    return problem(404, "there is nothing here")


def _json(status: int, value: object) -> Answer:
    return Answer(status, JSON, msgspec.json.encode(_encodable(value)))


def _encodable(value: Any) -> Any:
    """Return the same with text that UTF-8 can encode: text from the wire may contain lone surrogates."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    return value


def _health(good: bool) -> Answer:
    return Answer(200, TEXT, b"ok\n") if good else Answer(503, TEXT, b"not ok\n", (FRESH, ("Retry-After", "1")))


def _static(name: str, content: bytes) -> Answer:
    # Cached, but revalidated each time: another version of wirelint may run by then.
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return Answer(200, _TYPES[_suffix(name)], content, (("Cache-Control", "no-cache"), ("ETag", tag)))


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]


def _wants_json(accept: str) -> bool:
    """Return whether JSON is accepted by name, and HTML is not."""
    return JSON in accept.lower() and "text/html" not in accept.lower()


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": rule.family,
        "summary": rule.summary,
        "severity": str(rule.severity),
        "confidence": str(rule.confidence),
        "because": rule.because,
        "basis": rule.basis,
        "side": str(rule.side),
        "status": STATUS,
        "since": SINCE,
        "sections": [{"title": title, "text": text.strip()} for title, text in sections(rule).items()],
    }
