"""Ask a developer's own services again: on request, with safe methods, slowly, and apart from traffic.

Probes of credentials repeat a sample of the requests that carry some: with broken credentials, and without any. Other
probes settle what one answer leaves open: OPTIONS and GET after a 404 to another method, and a GET that got 500 again,
with a number in place of a text; neither where the target names an act. Probes are GET, HEAD and OPTIONS only, to named
services only, one request at a time and a few per minute, each route once an hour. Separate rules judge the results,
which are never counted as traffic.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import re
import secrets
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Final, Literal
from urllib.parse import unquote_plus, urlsplit

from msgspec.structs import replace

from wirelint.core.audit import Audit
from wirelint.core.body import Body
from wirelint.core.credentials import sent
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Probe, ProbeKind
from wirelint.core.headers import Headers
from wirelint.core.knowledge import attach, known
from wirelint.core.rule import Rule
from wirelint.core.state import ReadOnlyState, State, Table
from wirelint.evidence.identity import identity
from wirelint.sinks.metrics.families import Families, counter

MARK: Final = "wirelint-probe"
"""The field of our own requests, by which they are recognised if they pass the proxy."""

OUTCOMES: Final = ("enforced", "ignored", "unevaluated", "proven", "unclear", "failed")

_FAMILY: Final = "probing"
_PAUSE: Final = 2.0
"""Seconds between two probes."""
_AGAIN: Final = 3600.0
_MOST_ROUTES: Final = 1024
_WAITING: Final = 32
_PATIENCE: Final = 5.0
_LARGEST: Final = 256 * 1024
_LONGEST_ALLOW: Final = 256
_MOST_PARAMETERS: Final = 16
_LEAVE_OUT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"}
)
_CONDITIONAL: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range"})

_CONTENT: Final = frozenset({"content-type", "content-encoding", "content-language", "transfer-encoding", "expect"})
_WRITES: Final = frozenset({"PUT", "PATCH", "DELETE", "POST"})
_OVERRIDES: Final = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_word: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_acts: Final = re.compile(
    r"(?:cancel|creat|deactivat|delet|destroy|disabl|drop|eras|insert|purg|reboot|remov|reset|restart|revok|shutdown|"
    r"terminat|truncat|unsubscrib|updat|wipe)|"
    r"(?:ack|action|activate|add|apply|approve|archive|ban|block|book|buy|charge|clear|close|cmd|command|commit|confirm|"
    r"del|deploy|do|edit|empty|enable|exec|execute|finish|flush|grant|import|install|invite|invoke|kick|kill|logout|"
    r"make|merge|move|notify|op|pay|publish|put|refund|register|reject|reload|rename|replace|restore|rm|rotate|run|"
    r"save|send|set|signout|start|stop|submit|subscribe|suspend|sync|transfer|trigger|unlink|upload|vote|write)$",
    re.IGNORECASE,
)
"""Words that name an act: behind them, services do things on GET as well."""

Kind = Literal["without", "broken"]


class Prober:
    """Sends requests again, from a separate thread.

    :param services: name → URL of the services that may be probed.
    :param rules: all rules; those of the family ``probing`` judge.
    :param found: called with the audit of each probed exchange, in the prober's thread.
    :param state: the memories of the live engine, read-only.
    :param insecure: do not verify certificates.
    :param pause: seconds between two probes.
    :param credentials: probe whether credentials are checked.
    :param doubts: ask again about what an answer leaves open.
    """

    def __init__(  # noqa: PLR0913 - what it works with, by name
        self,
        services: Mapping[str, str],
        rules: Iterable[Rule],
        found: Callable[[Audit], None],
        *,
        state: State,
        insecure: bool = False,
        pause: float = _PAUSE,
        credentials: bool = True,
        doubts: bool = False,
    ) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter({(name, each): 0 for name in services for each in OUTCOMES})
        """Service and outcome → probed routes; all keys exist from the start, because other threads read it."""
        self._services = dict(services)
        self._found = found
        self._state = state
        self._engine = Engine((rule for rule in rules if rule.family == _FAMILY), state=ReadOnlyState(state))
        self._context = ssl.create_default_context()
        if insecure:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._pause = pause
        self._credentials = credentials
        self._doubts = doubts
        self._mark = secrets.token_hex(16)
        self._done: Table[tuple[str, str, str], bool] = Table(_MOST_ROUTES, _AGAIN)
        self._queue: queue.Queue[Exchange | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wirelint-prober", daemon=True)
        self._thread.start()

    def collect(self) -> Families:
        """Yield the outcomes as a metric."""
        yield counter("probes", "Requests that wirelint sent again, by outcome.", self.outcomes, "service", "outcome")

    def is_ours(self, exchange: Exchange) -> bool:
        """Return whether an exchange is a probe, forwarded by the probed service."""
        return exchange.request.headers.get(MARK) == self._mark

    def offer(self, exchange: Exchange, *, found: bool = False) -> None:
        """Consider an exchange for a probe. Never waits.

        :param found: it has findings, so that nothing is open.
        """
        open_to_doubt = self._doubts and not found and exchange.service in self._services and bool(doubts(exchange))
        if not (open_to_doubt or (self._credentials and self._is_fit(exchange))):
            return
        visit = self._state.visit(exchange)
        key = (visit.service, visit.method, visit.route)
        if self._done.get(key, visit.ended):
            return
        try:
            self._queue.put_nowait(exchange)
        except queue.Full:
            return
        self._done.keep(key, True, visit.ended)

    @property
    def idle(self) -> bool:
        """Return whether no probe waits or runs."""
        return self._queue.unfinished_tasks == 0

    def close(self) -> None:
        """Stop, after waiting a moment for a running request."""
        self._stopped.set()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(_PATIENCE)

    def _is_fit(self, exchange: Exchange) -> bool:
        """Return whether a request is safe to repeat, and its answer would show a difference."""
        request, response = exchange.request, exchange.response
        return (
            exchange.service in self._services
            and request.method in ("GET", "HEAD")
            and request.body.empty
            and response is not None
            and (response.status == 401 or 200 <= response.status < 300)
            and response.body.complete
            and _CONDITIONAL.isdisjoint(request.headers.names())
            and identity(exchange, self._state.seal).credential is not None
        )

    def _run(self) -> None:
        while (exchange := self._queue.get()) is not None and not self._stopped.is_set():
            try:
                self._probe(exchange)
            except Exception:  # noqa: BLE001 - it is an extra; no fault of it may end the others
                self.outcomes[exchange.service, "failed"] += 1
            self._queue.task_done()
            self._stopped.wait(self._pause)

    def _probe(self, exchange: Exchange) -> None:
        kinds: tuple[ProbeKind, ...] = (doubts(exchange) if self._doubts else ()) or ("broken", "without")
        probes: tuple[Probe, ...] = ()
        for kind in kinds:
            if probes and self._stopped.wait(self._pause):
                return
            probes = (*probes, self._ask(exchange, kind))
        self.outcomes[exchange.service, outcome(exchange, probes)] += 1
        probed = replace(exchange, probes=probes)
        attach(probed, known(exchange))
        audit = self._engine.audit(probed)
        if audit.findings:
            self._found(audit)

    def _ask(self, exchange: Exchange, kind: ProbeKind) -> Probe:
        request, answer = exchange.request, exchange.response
        method = {"options": "OPTIONS", "read": "GET"}.get(kind, request.method)
        if method not in ("GET", "HEAD", "OPTIONS"):
            return Probe(kind, None, same=False)
        target, fields = changed(exchange, kind) if kind in ("broken", "without") else asked(exchange, kind)
        parts = urlsplit(self._services[exchange.service])
        host, port = parts.hostname or "", parts.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=self._context)
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=_PATIENCE)
        )
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", request.authority.rpartition("@")[2])
            for name, value in fields:
                connection.putheader(name, value)
            connection.putheader(MARK, self._mark)
            connection.endheaders()
            got = connection.getresponse()
            content = got.read(_LARGEST + 1)
        except (OSError, http.client.HTTPException):
            return Probe(kind, None, same=False)
        finally:
            connection.close()
        known_whole = answer is not None and len(content) <= _LARGEST
        body = Body(content, coding=got.headers.get("content-encoding") or "")
        same = (
            known_whole and answer is not None and got.status == answer.status and body.content == answer.body.content
        )
        return Probe(kind, got.status, same=same, allow=(got.headers.get("allow") or "")[:_LONGEST_ALLOW])


def doubts(exchange: Exchange) -> tuple[ProbeKind, ...]:
    """Return what to ask about an answer: by OPTIONS and GET about a 404 to another method; by GET about a 500."""
    request, status = exchange.request, exchange.status
    if _names_an_act(request.target):
        return ()
    if not _OVERRIDES.isdisjoint(request.headers.names()) or not _CONDITIONAL.isdisjoint(request.headers.names()):
        return ()
    if status == 404 and request.method in _WRITES:
        return ("options", "read")
    if status == 500 and request.method == "GET" and request.body.empty and _plain(exchange) is not None:
        return ("again", "plain")
    return ()


def _names_an_act(target: str) -> bool:
    """Return whether a target names something to be done: GET is not safe there, whatever RFC 9110 §9.2.1 asks."""
    return any(_acts.match(word) for word in _word.findall(unquote_plus(target)))


def asked(exchange: Exchange, kind: ProbeKind) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return target and fields of a request that asks about another one, with the credentials of that."""
    target = exchange.request.target
    fields = [
        (name, value)
        for name, value in exchange.request.headers.fields
        if name.decode("latin-1").lower() not in _LEAVE_OUT | _CONTENT
    ]
    return (_plain(exchange) or target) if kind == "plain" else target, fields


def _plain(exchange: Exchange) -> str | None:
    """Return the target of a request with 1 in place of the first text in its query; None if there is none."""
    path, _, query = exchange.request.target.partition("?")
    secret = {each.name for each in sent(exchange) if each.kind == "query"}
    pairs = query.split("&") if query else []
    for at, pair in enumerate(pairs[:_MOST_PARAMETERS]):
        name, equals, value = pair.partition("=")
        number = unquote_plus(value).lstrip("-").replace(".", "", 1).isdigit()
        if equals and name and name not in secret and not number:
            return f"{path}?{'&'.join([*pairs[:at], f'{name}=1', *pairs[at + 1 :]])}"
    return None


def outcome(exchange: Exchange, probes: Iterable[Probe]) -> str:
    """Return the outcome of probes.

    Credentials are ``enforced``, ``ignored`` or ``unevaluated``, a doubt is ``proven``; all else is ``unclear``.
    """
    answers = list(probes)
    if any(probe.status is None for probe in answers):
        return "failed"
    by_kind = {probe.kind: probe.status or 0 for probe in answers}
    if "read" in by_kind:
        return "proven" if by_kind["read"] < 300 else "unclear"
    if "plain" in by_kind:
        return "proven" if by_kind["again"] == exchange.status and by_kind["plain"] < 300 else "unclear"
    if exchange.status == 401:
        return "unevaluated" if all(probe.same for probe in answers) else "unclear"
    if all(probe.status in (401, 403, 404) for probe in answers):
        return "enforced"
    return "ignored" if all(probe.status == exchange.status for probe in answers) else "unclear"


def changed(exchange: Exchange, kind: Kind) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return target and fields of a request without its credentials, or with broken ones."""
    named = {(each.kind, each.name) for each in sent(exchange)}
    return _target(exchange.request.target, named, kind), list(_fields(exchange.request.headers, named, kind))


def _fields(headers: Headers, named: Set[tuple[str, str]], kind: Kind) -> Iterator[tuple[bytes, bytes]]:
    authorized = any(each == "authorization" for each, _ in named)
    for raw, value in headers.fields:
        name = raw.decode("latin-1").lower()
        if name in _LEAVE_OUT:
            continue
        if name == "cookie":
            pairs = (pair.strip() for pair in value.decode("latin-1").split(";"))
            cookies = [each for pair in pairs if (each := _pair(pair, "cookie", named, kind))]
            if cookies:
                yield raw, "; ".join(cookies).encode("latin-1")
        elif ("field", name) in named or (authorized and name == "authorization"):
            if kind == "broken":
                scheme, space, rest = value.rpartition(b" ")
                yield raw, scheme + space + _broken(rest.decode("latin-1")).encode("latin-1")
        else:
            yield raw, value


def _target(target: str, named: Set[tuple[str, str]], kind: Kind) -> str:
    path, mark, query = target.partition("?")
    pairs = [each for pair in query.split("&") if (each := _pair(pair, "query", named, kind))]
    return f"{path}{mark}{'&'.join(pairs)}" if pairs else path


def _pair(pair: str, place: str, named: Set[tuple[str, str]], kind: Kind) -> str:
    """Return ``name=value`` unchanged, broken, or empty to omit it."""
    name, equals, value = pair.partition("=")
    if not value or (place, name) not in named:
        return pair
    return f"{name}{equals}{_broken(value)}" if kind == "broken" else ""


def _broken(secret: str) -> str:
    """Return another secret of the same length and alphabet: its letters and digits shifted by one."""
    turned = str.maketrans(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "bcdefghijklmnopqrstuvwxyzaBCDEFGHIJKLMNOPQRSTUVWXYZA1234567890",
    )
    # The first half stays, so that a JWT keeps its header, and Basic its user: the service must check the proof.
    return secret[: len(secret) // 2] + secret[len(secret) // 2 :].translate(turned)
