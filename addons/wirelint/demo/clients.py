"""Run the demo's clients: ``python -m wirelint.demo.clients --to NAME=URL …`` plays the flows of the scenarios.

Each persona is a thread that keeps its connections open like a real client. First it plays each of its flows once, in
an order drawn from the seed; then it draws flows by weight.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from wirelint.demo.flow import FIRST_NUMBER, Flow, Scenario, fill
from wirelint.demo.processes import until_stopped
from wirelint.demo.scenarios import FLOWS

PERSONAS: Final[Mapping[str, str]] = {
    "shopper": "Mozilla/5.0 (X11; Linux x86_64) DemoBrowser/12.0",
    "mobile app": "DemoApp/3.2 (Android 16)",
    "admin script": "demo-admin/1.4 python-urllib3/2.5",
    "editor": "demo-editor/1.4 python-urllib3/2.5",
    "sloppy script": "curl/8.15.0",
    "monitoring": "demo-monitor/2.0",
    "stranger": "Go-http-client/1.1",
}
"""The clients, and the User-Agent of each."""

_TIMEOUT_SECONDS = 10.0
_PAUSE_AFTER_FAULT_SECONDS = 0.5
_TRACED = ("shopper", "mobile app", "monitoring")


@dataclass(frozen=True, slots=True)
class ScenarioAnswer:
    """The response to a scenario.

    :param status: None if there was no response.
    :param expected: the content of the scenario, with its variables filled in.
    :param complete: False if the content ended early.
    """

    scenario: Scenario
    status: int | None
    fields: Mapping[str, str]
    content: bytes
    expected: bytes
    complete: bool


class Session:
    """One client's connections, kept open from request to request.

    :param persona: one of ``PERSONAS``.
    :param proxied: the http address of each service by its name.
    :param dice: draws the trace ids.
    :raises ValueError: an address is invalid.
    """

    def __init__(self, persona: str, proxied: Mapping[str, str], dice: random.Random) -> None:
        self._persona = persona
        self._dice = dice
        self._base: dict[str, str] = {}
        self._connections: dict[str, http.client.HTTPConnection] = {}
        for name, url in proxied.items():
            parts = urlsplit(url)
            if parts.scheme != "http" or parts.hostname is None:
                raise ValueError(f"not an http address: {url}")
            self._base[name] = parts.path.rstrip("/")
            self._connections[name] = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)

    def play(self, flow: Flow, number: int) -> Iterator[ScenarioAnswer]:
        """Send a flow's requests, one for each answer taken; ``number`` replaces ``{n}``."""
        variables = {"n": str(number)}
        for step in flow.steps:
            yield self._ask(step, variables)

    def _ask(self, step: Scenario, variables: dict[str, str]) -> ScenarioAnswer:
        connection = self._connections[step.service]
        sends = None if step.sends is None else fill(step.sends, variables).encode()
        path = self._base[step.service] + fill(step.path, variables)
        status, fields, content, complete = None, dict[str, str](), b"", False
        try:
            connection.request(step.method, path, sends, self._fields(step))
            response = connection.getresponse()
            status, fields = response.status, dict(response.headers.items())
            content, complete = response.read(), True
        except http.client.IncompleteRead as cut:
            content = cut.partial
        except (http.client.HTTPException, OSError):
            pass
        if not complete:
            connection.close()  # the next request opens it again
        location = next((value for name, value in fields.items() if name.lower() == "location"), None)
        if location is not None:
            variables["id"] = location.rpartition("/")[2]
        return ScenarioAnswer(step, status, fields, content, fill(step.answer, variables).encode(), complete)

    def _fields(self, step: Scenario) -> dict[str, str]:
        fields = {"Accept": "application/json", "User-Agent": PERSONAS[self._persona]}
        if step.sends is not None:
            fields["Content-Type"] = "application/json"
        if self._persona in _TRACED:
            fields["traceparent"] = f"00-{self._dice.getrandbits(128):032x}-{self._dice.getrandbits(64):016x}-01"
        return fields | dict(step.headers)

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()


def walk(proxied: Mapping[str, str]) -> list[ScenarioAnswer]:
    """Play each flow of the services in ``proxied`` once, one persona after the other: everything that the demo shows.

    A scenario that is in several flows comes as often.

    :raises ValueError: where an address is none.
    """
    answers: list[ScenarioAnswer] = []
    for persona in PERSONAS:
        session = Session(persona, proxied, random.Random(persona))  # noqa: S311 - nothing secret
        for flow in FLOWS:
            if flow.persona == persona and flow.service in proxied:
                answers.extend(session.play(flow, FIRST_NUMBER))
        session.close()
    return answers


def draw(persona: str, names: Mapping[str, str], dice: random.Random) -> Iterator[Flow]:
    """Yield the flows of a persona, without end: each once, then by weight; none if it has none."""
    flows = [flow for flow in FLOWS if flow.persona == persona and flow.service in names]
    yield from dice.sample(flows, len(flows))
    while flows:
        yield from dice.choices(flows, [flow.weight for flow in flows])


def run(
    proxied: Mapping[str, str], stop: threading.Event, *, duration: float | None, rate: float, seed: int
) -> Counter[str]:
    """Run all personas until ``stop`` is set or ``duration`` seconds are over.

    :param proxied: the http address of each service by its name.
    :param rate: approximate requests per second, all personas together.
    :param seed: determines the order of each persona's requests.
    :returns: number of responses by status, and of ``broken`` requests.
    :raises ValueError: where an address is none.
    """
    until = None if duration is None else time.monotonic() + duration
    pause = len(PERSONAS) / rate
    tally: Counter[str] = Counter()
    lock = threading.Lock()

    def live(persona: str, session: Session, dice: random.Random) -> None:
        at = time.monotonic() + dice.random() * pause
        for flow in draw(persona, proxied, dice):
            answers = session.play(flow, dice.randrange(1, 500))
            while not _over(stop, at, until) and (answer := next(answers, None)) is not None:
                with lock:
                    tally[str(answer.status) if answer.complete else "broken"] += 1
                if answer.status is None and stop.wait(_PAUSE_AFTER_FAULT_SECONDS):
                    break
                at = max(at + pause * dice.uniform(0.5, 1.5), time.monotonic())  # no catching up
            if stop.is_set() or (until is not None and at >= until):
                break
        session.close()

    threads = []
    for persona in PERSONAS:
        dice = random.Random(f"{seed} {persona}")  # noqa: S311 - nothing secret
        session = Session(persona, proxied, dice)
        threads.append(threading.Thread(target=live, args=(persona, session, dice), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _over(stop: threading.Event, at: float, until: float | None) -> bool:
    due = at if until is None else min(at, until)
    return stop.wait(max(0.0, due - time.monotonic())) or (until is not None and at >= until)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until the duration is over, SIGTERM or SIGINT; then print the counts as a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m wirelint.demo.clients", description="The clients of the demo.")
    parser.add_argument("--to", action="append", required=True, metavar="NAME=URL", help="a service, and its address")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="how long (default: until stopped)")
    parser.add_argument("--rate", type=float, default=30.0, help="requests a second in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="what the order depends on (default: %(default)s)")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends, too")
    options = parser.parse_args(arguments)
    proxied = dict(name.split("=", 1) for name in options.to if "=" in name)
    if len(proxied) < len(options.to) or options.rate <= 0:
        parser.error("--to takes NAME=URL, each name once, and --rate more than 0")
    stop = until_stopped(eof=options.until_eof)
    try:
        tally = run(proxied, stop, duration=options.duration, rate=options.rate, seed=options.seed)
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(tally, sort_keys=True), flush=True)


if __name__ == "__main__":
    main()
