"""The same is found in each service's traffic, however that of other services comes in between."""

from __future__ import annotations

import functools
import random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange
from wirelint.core.finding import Confidence
from wirelint.core.wire import exchanges
from wirelint.rules import catalogue

RULES = [rule for rule in catalogue() if rule.family not in ("clients", "throttling")]  # whose rules measure time
TOLD = [text for rule in RULES if rule.recalls for text in (*rule.bad, *rule.good)]
STORIES = [text for text in TOLD if 1 < len(list(exchanges(text))) <= 8 and "# outbound" not in text]


@functools.cache
def told(text: str, service: int) -> tuple[Exchange, ...]:
    """Return a story as that of a service and a client of its own."""
    story = enumerate(exchanges(text))
    return tuple(
        [replace(each, service=f"s{service}", client=f"c{service}", id=f"{service}-{at}") for at, each in story]
    )


def found_in(story: list[Exchange]) -> set[tuple[str, str]]:
    """Return what is found, by rule and exchange. The exchanges follow each other a tenth of a second apart."""
    engine = Engine(RULES, least=Confidence.WEAK)
    timed = [replace(each, started=at / 10, ended=at / 10 + 0.05, timestamp=at / 10) for at, each in enumerate(story)]
    found = [finding for each in timed for finding in engine.audit(each).findings]
    return {(finding.rule, finding.exchange_id) for finding in found}


@given(st.lists(st.sampled_from(STORIES), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_services_may_interleave(texts: list[str], chance: random.Random) -> None:
    stories = [told(text, service) for service, text in enumerate(texts)]
    order = [service for service, story in enumerate(stories) for _ in story]
    alone = found_in([each for story in stories for each in story])
    chance.shuffle(order)
    rest = [iter(story) for story in stories]
    assert found_in([next(rest[service]) for service in order]) == alone
