"""A service sends 200 for everything, errors included

What it does
------------
Reports a service that sent at least 200 JSON responses and no error status, although at least five of its successes
contain nothing but an error.

Why it matters
--------------
Nothing between client and service can see its errors: dashboards show no failures, load balancers keep sending traffic
to a broken instance, caches store errors, and client libraries take them for results.

Known exceptions
----------------
GraphQL, JSON-RPC, SOAP and other protocols that report errors in their content. Providers whose interface has always
been remote procedure calls (Slack, Telegram, Aliyun and the like), because their callers cannot change it.

How to fix
----------
Map errors to statuses in one place, an exception handler or a middleware, and keep the content as it is: clients that
read it continue to work.

References
----------
- https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3
- https://www.rfc-editor.org/rfc/rfc9205.html#section-4.6
"""

from collections.abc import Iterator
from typing import Final

from wirelint.core.exchange import Answered, Exchange
from wirelint.core.finding import Confidence, Hit, Severity
from wirelint.core.media import Kind
from wirelint.core.rule import Context, Reads, Rule, When
from wirelint.evidence.envelope import JSON_KEYS
from wirelint.history.services import Services, is_lie, may_lie_again

_LEAST_ANSWERS: Final = 200
_LEAST_LIES: Final = 5
_PROVIDERS: Final = (
    "slack.com",
    "telegram.org",
    "reddit.com",
    "deezer.com",
    "aliyuncs.com",
    "tencentcloudapi.com",
    "dnsapi.cn",
    "dnspod.com",
    "weixin.qq.com",
    "dingtalk.com",
    "feishu.cn",
    "larksuite.com",
)

RULE = Rule(
    severity=Severity.HIGH,
    confidence=Confidence.STRONG,
    because="the service sent several errors, and none had an error status in about an hour",
    basis="policy: RFC 9110 section 15.3 says that 2xx means the request was successfully received and accepted",
    when=When(status="2xx", media=(Kind.JSON,)),
    reads=Reads.PREFIX,
    json_keys=JSON_KEYS,
    recalls=(Services,),
    after=may_lie_again,
    once_per="service",
)


def check(exchange: Answered, context: Context) -> Iterator[Hit]:
    """Look for one more error under 200 from a service that sends no other status."""
    service = context.recall(Services).of(exchange)
    answers, lies = service.answers + 1, service.lies.count + 1
    if answers < _LEAST_ANSWERS or lies < _LEAST_LIES or service.errors or _is_provider(exchange):
        return
    if not is_lie(exchange):
        return
    routes = len(service.lies.routes)
    yield Hit(
        f"{lies} errors under 2xx and none under 4xx or 5xx, in {answers} JSON responses",
        f"{answers} JSON responses: 0 with an error status, {lies} that hold nothing but an error, "
        f"before this one on {routes} route{'s' if routes > 1 else ''}",
        story=tuple(visit.step("an error as a success") for visit in service.lies.samples),
        note="an error as a success",
    )


def _is_provider(exchange: Exchange) -> bool:
    host = exchange.request.authority.partition(":")[0].lower()
    return host.endswith(tuple(f".{provider}" for provider in _PROVIDERS)) or host in _PROVIDERS


BAD = (
    """\
# 196 times, every 10s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "state": "open"}
# 5 times, every 10s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"success": false, "message": "no such order"}
""",
)

GOOD = (
    """\
# 200 times, every 10s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 200 OK
Content-Type: application/json

{"id": 7, "state": "open"}
# 5 times, every 10s
GET /orders/{n} HTTP/1.1
Host: shop.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"success": false, "message": "no such order"}
""",
)
