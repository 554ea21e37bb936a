"""Remember answers by resource, by credential and by client."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from copy import copy
from typing import Final, NamedTuple

from wirelint.core.answers import once_per_answer
from wirelint.core.body import Body
from wirelint.core.exchange import Exchange
from wirelint.core.headers import Headers
from wirelint.core.knowledge import known
from wirelint.core.methods import method_name
from wirelint.core.quiet import likeness
from wirelint.core.route import route
from wirelint.core.state import Opens, State, Stories, Table, moment
from wirelint.core.trace import trace_id, trace_ids
from wirelint.core.verdict import Verdict, presumed
from wirelint.core.visit import Identity, Visit
from wirelint.core.when import ALWAYS
from wirelint.evidence.challenges import challenges
from wirelint.evidence.credentials import sent_scheme
from wirelint.evidence.identity import identifying, identity, is_identified_by_fields
from wirelint.evidence.refusals import is_aside
from wirelint.evidence.waits import wait

_COMPARED: Final = 16 * 1024
_MOST_NAMES: Final = 64
"""Most fields of a request whose names are cached together."""
"""Most octets of a request's content that is compared."""
_ANSWER: Final = 4096
_REFUSALS: Final = frozenset({403, 404, 410})
_varying: Final = re.compile(rb"[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|\d+")
_TENANT_FIELDS: Final = frozenset(
    {
        "x-tenant", "x-tenant-id", "x-tenant-name", "tenant", "tenant-id", "tenantid", "x-org", "x-org-id",
        "x-organization", "x-organization-id", "x-organisation-id", "x-account", "x-account-id", "x-workspace",
        "x-workspace-id", "x-project", "x-project-id", "x-company", "x-company-id", "x-customer", "x-customer-id",
        "x-site", "x-site-id", "x-shop-id", "x-store-id", "x-team-id", "x-realm", "x-namespace",
        "x-vault-namespace", "x-scope-orgid", "stripe-account", "openai-organization", "openai-project",
        "x-goog-user-project", "x-grafana-org-id",
    }
)  # fmt: skip
_MOST_ALIKE: Final = 4096
_MOST_CALLERS: Final = 4096
_CALLER_FIELDS: Final = _TENANT_FIELDS | {"authorization", "user-agent", "x-forwarded-for"}
_MOST_BY_RESOURCE: Final = 16_384
_MOST_BY_CREDENTIAL: Final = 16_384
_MOST_BY_CLIENT: Final = 8192
_MOST_DOUBTED: Final = 8192
_MOST_REFUSED: Final = 16_384


def resource_of(exchange: Exchange, target: str) -> int:
    """Return the number of another resource of the exchange's service, under the same authority.

    :param target: its path and query.
    """
    return hash((exchange.service, exchange.request.authority, target))


def resource_at(service: str, authority: str, target: str) -> int:
    """Return what stands for a resource.

    :param target: its path and query.
    """
    return hash((service, authority, target))


_OK: Final = Verdict.OK


class _Caller(NamedTuple):
    """The sender of a request, by some of its fields.

    :ivar identity: None if content or target may say more.
    """

    identity: Identity | None
    scheme: str
    tenant: int
    client: int


class Present:
    """Makes visits. Callers, and the visits of repeated successes, are cached by their fields.

    :param state: seals credentials.
    """

    def __init__(self, state: State) -> None:
        self._seal = state.seal
        self._alike: dict[int, Visit] = {}  # by likeness
        self._callers: dict[int, _Caller] = {}  # by the fields that identify them

    def visit(self, exchange: Exchange) -> Visit:
        """Return the visit of an exchange, with the verdict of its status."""
        key = likeness(exchange)
        if key is None or known(exchange).bears_on_reading:  # reloading settings changes the knowledge
            return self._made(exchange)
        earlier = self._alike.get(key)
        if earlier is not None:
            return _renewed(earlier, exchange)
        if len(self._alike) >= _MOST_ALIKE:
            self._alike.clear()
        visit = self._alike[key] = self._made(exchange)
        return visit

    def _made(self, exchange: Exchange) -> Visit:
        caller = self._caller(exchange)
        return _visit(exchange, caller, caller.identity or identity(exchange, self._seal))

    def _caller(self, exchange: Exchange) -> _Caller:
        request = exchange.request
        index = request.headers.index
        names = tuple(index)
        fields, identifying_fields = _of_caller(names) if len(names) <= _MOST_NAMES else _of_caller.__wrapped__(names)
        key = hash((exchange.client, request.http_version, fields, *[index[name] for name in fields]))
        caller = self._callers.get(key)
        if caller is None:
            if len(self._callers) >= _MOST_CALLERS:
                self._callers.clear()
            caller = self._callers[key] = _Caller(
                None,
                sent_scheme(exchange) if "authorization" in index else "",
                0 if _TENANT_FIELDS.isdisjoint(index) else _tenant(request.headers),
                # Behind a gateway many clients share one address: fields that the gateway adds separate them.
                hash((exchange.client, request.http_version, index.get("x-forwarded-for"), index.get("user-agent"))),
            )
        if not is_identified_by_fields(exchange, identifying_fields):
            return caller._replace(identity=None)
        if caller.identity is None:
            caller = self._callers[key] = caller._replace(identity=identity(exchange, self._seal))
        return caller


@functools.lru_cache(maxsize=4096)
def _of_caller(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the request's fields that identify the caller, and those of them that may have credentials."""
    identifying_fields = identifying(names)
    some = _CALLER_FIELDS.union(identifying_fields or ())
    return tuple([name for name in names if name in some]), identifying_fields


def _renewed(earlier: Visit, exchange: Exchange) -> Visit:
    """Return the visit of an exchange that equals an earlier one."""
    visit = copy(earlier)
    visit.exchange_id = exchange.id
    visit.started = exchange.started
    visit.ended = moment(exchange)
    visit.trace_id = trace_id(exchange)
    visit.timestamp = exchange.timestamp
    visit.origin = exchange.origin
    visit.judge(presumed(exchange))
    return visit


def _visit(exchange: Exchange, caller: _Caller, sender: Identity) -> Visit:
    request, response, failure = exchange.request, exchange.response, exchange.failure
    method, target, body = request.method, request.target, request.body
    path = target.partition("?")[0]
    resource = resource_of(exchange, target)
    content = _content(body)
    verdict = presumed(exchange)
    ids = trace_ids(exchange)
    visit = Visit(
        exchange_id=exchange.id,
        service=exchange.service,
        direction=exchange.direction,
        method=method_name(method),
        route=route(path),
        target=hash(target),
        tail=hash(path.rpartition("/")[2]),
        resource=resource,
        content=content,
        request=hash((method, resource, content)) if content is not None or body.empty else None,
        status=None if response is None else response.status,
        verdict=verdict,
        credential=sender.credential,
        principal=sender.principal,
        anonymous=sender.anonymous,
        scheme=caller.scheme,
        tenant=caller.tenant,
        client=caller.client,
        started=exchange.started,
        ended=moment(exchange),
        trace_id=ids[0] if ids else None,
        timestamp=exchange.timestamp,
        origin=exchange.origin,
        succeeded=verdict is _OK and response is not None and 200 <= response.status < 300,
    )
    if failure is not None:
        visit.failure = failure.kind
    if response is not None and response.status >= 400:
        visit.answer = _answer(exchange)
        visit.aside = is_aside(exchange)
        visit.wait = wait(exchange)
        if response.status == 401:
            visit.asked = _asked(exchange)
            visit.space = _space(exchange)
    return visit


def _content(body: Body) -> int | None:
    raw = body.raw
    return hash(raw) if raw and body.complete and len(raw) <= _COMPARED else None


@once_per_answer
def _answer(exchange: Exchange) -> int | None:
    """Return a number for an error: its status, its challenges and its content."""
    response = exchange.response
    if response is None or response.body.unavailable is not None:
        return None
    asked = tuple((challenge.scheme, challenge.get("error")) for challenge in challenges(exchange).items)
    content = (response.body.content or b"")[:_ANSWER]
    # Many have request ids and times, which differ each time.
    return hash((response.status, asked, _varying.sub(b"#", content) if response.status == 401 else content))


@once_per_answer
def _asked(exchange: Exchange) -> tuple[str, ...]:
    return tuple(sorted({challenge.scheme for challenge in challenges(exchange).items}))


@once_per_answer
def _space(exchange: Exchange) -> int:
    """Return a number for the realms, and for the scopes if a service issues tokens for each."""
    spaces = sorted(
        (challenge.get("realm") or "", (challenge.get("service") and challenge.get("scope")) or "")
        for challenge in challenges(exchange).items
    )
    return hash(tuple(spaces)) if any(realm or scope for realm, scope in spaces) else 0


def _tenant(fields: Headers) -> int:
    return hash(tuple((name, fields.get(name)) for name in sorted(_TENANT_FIELDS.intersection(fields.index))))


class Visits:
    """Stories of resources, of credentials and of clients.

    Only clients that were refused or failed are followed, from then on.
    """

    wants = ALWAYS
    view = Present

    def __init__(self, state: State) -> None:
        self._state = state
        self._resources: Stories[int] = Stories(_MOST_BY_RESOURCE)
        self._credentials: Stories[tuple[str, bytes]] = Stories(_MOST_BY_CREDENTIAL)
        self._clients: Stories[tuple[str, int]] = Stories(_MOST_BY_CLIENT)
        self._doubted: Table[bytes, bool] = Table(_MOST_DOUBTED)
        self._refused: Table[int, bool] = Table(_MOST_REFUSED)

    def now(self, exchange: Exchange) -> Visit:
        """Return this exchange as a visit; its verdict is that of its status."""
        return self._state.visit(exchange)

    def of_resource(self, exchange: Exchange) -> Sequence[Visit]:
        """Return earlier requests for the same path and query of the same service, oldest first."""
        return self._resources.of(self.now(exchange).resource, moment(exchange))

    def of_credential(self, exchange: Exchange) -> Sequence[Visit]:
        """Return earlier requests to the service with the same credential, oldest first."""
        now = self.now(exchange)
        return () if now.credential is None else self.of(now.service, now.credential, now.ended)

    def of(self, service: str, credential: bytes, now: float) -> Sequence[Visit]:
        """Return requests to a service with a credential, oldest first.

        :param now: seconds of the exchanges' clock.
        """
        return self._credentials.of((service, credential), now)

    def of_client(self, exchange: Exchange) -> Sequence[Visit]:
        """Return earlier requests to the service by the same client, from its first failure, oldest first."""
        if not len(self._clients):
            return ()
        now = self.now(exchange)
        return self._clients.of((now.service, now.client), moment(exchange))

    def was_doubted(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the credential of an exchange got 401 before."""
        credential = visit.credential
        return (
            credential is not None
            and credential in self._doubted
            and self._doubted.get(credential, visit.ended) is not None
        )

    def was_refused(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the resource of an exchange was refused or hidden before: 403, 404 or 410."""
        return visit.resource in self._refused and self._refused.get(visit.resource, visit.ended) is not None

    def had_failed(self, exchange: Exchange, visit: Visit) -> bool:
        """Return whether the client of an exchange was refused or failed before."""
        client = (visit.service, visit.client)
        return client in self._clients and len(self._clients.of(client, visit.ended)) > 0

    def note(self, exchange: Exchange, visit: Visit) -> None:
        """Add an exchange to its stories."""
        self._resources.add(visit.resource, visit)
        if visit.credential is not None:
            self._credentials.add((visit.service, visit.credential), visit)
            if visit.status == 401:
                self._doubted.keep(visit.credential, True, visit.ended)
        if visit.status in _REFUSALS:
            self._refused.keep(visit.resource, True, visit.ended)
        client = (visit.service, visit.client)
        if not visit.succeeded or client in self._clients:
            self._clients.add(client, visit)

    def __len__(self) -> int:
        return len(self._resources) + len(self._credentials) + len(self._clients)


def resource_was_refused(state: State) -> Opens:
    """Return ``Visits.was_refused`` as a gate."""
    return state.recall(Visits).was_refused


def credential_was_doubted(state: State) -> Opens:
    """Return ``Visits.was_doubted`` as a gate."""
    return state.recall(Visits).was_doubted


def client_had_failed(state: State) -> Opens:
    """Return ``Visits.had_failed`` as a gate."""
    return state.recall(Visits).had_failed
