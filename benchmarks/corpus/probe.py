"""Run the proxy under test as a process: ``python -m benchmarks.corpus.probe NAME=URL …``.

It runs the proxy of ``wirelint proxy`` with a consumer that prints the result of each audit as a JSON line; the first
line has the port of each service. It exits on SIGTERM.
"""

from __future__ import annotations

import sys
import tempfile

import msgspec

from benchmarks.corpus.outcome import Outcome, engine, outcome
from wirelint.core.body import DECODED_LIMIT
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Finding
from wirelint.sources.mitm.master import Running, run
from wirelint.sources.mitm.settings import ProxySettings, ServiceSpec


class Heard(msgspec.Struct, frozen=True):
    """One line: the result of an exchange with a service."""

    service: str
    method: str
    target: str
    outcome: Outcome


def main(services: list[str]) -> None:
    """Run until stopped.

    :param services: ``NAME=URL`` of each.
    """
    auditor = engine(timeless=True)
    encode = msgspec.json.Encoder().encode

    def say(value: object) -> None:
        sys.stdout.buffer.write(encode(value) + b"\n")
        sys.stdout.buffer.flush()

    def consume(exchange: Exchange) -> tuple[Finding, ...]:
        audit = auditor.audit(exchange)
        say(Heard(exchange.service, exchange.request.method, exchange.request.target, outcome(audit)))
        return audit.findings

    def ready(running: Running) -> None:
        say({listener.name: listener.port for listener in running.listeners})

    with tempfile.TemporaryDirectory() as confdir:
        settings = ProxySettings(
            services=[
                ServiceSpec(name=name, url=url, listen_port=0)
                for name, _, url in (service.partition("=") for service in services)
            ],
            # The limit of decoding, because a file has whole bodies.
            body_limit=DECODED_LIMIT,
            grace=1.0,
            options={"confdir": confdir},
        )
        run(settings, consume, on_ready=ready)


if __name__ == "__main__":
    main(sys.argv[1:])
