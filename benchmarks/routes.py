"""Measure how well routes are learned: ``python -m benchmarks.routes [TEMPLATES]`` prints a table by provider.

TEMPLATES holds lines of a provider, a tab, and a path template of its OpenAPI document. Requests are made up from them:
some templates come often and most seldom, and values are ids, tokens, names of people, slugs of everyday words, and
versions. A route is right if it is the template that the request was made from, whatever its placeholders are called.

With ``--recorded CAPTURE…`` it measures recorded traffic instead: requests that were answered and whose path fits a
template, also behind a base path.

A provider's own words are in the vocabulary, so this flatters. With ``--texts`` and ``--names`` (see
``wirelint.gen.route_words``) the vocabulary is made again for each provider, without its templates.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.recorded import recorded
from wirelint.core import learned
from wirelint.core.learned import LearnedRoutes
from wirelint.core.route import route
from wirelint.core.route_words import NAMES, WORDS
from wirelint.gen import route_words

TEMPLATES: Final = Path(__file__).parents[1] / "tests/data/templates.tsv"
_SEED: Final = 5
_SKEW: Final = 0.8
_MOST_BASE: Final = 2  # segments before a template: /api/v1
_placeholder: Final = re.compile(r"\{([^}/]*)\}")
_any: Final = re.compile(r"\{[^/]*?\}")
_EVERYDAY: Final = tuple(sorted(WORDS)[::50])
_OF_VERSIONS: Final = ("branch", "ref", "tag")
_OF_PEOPLE: Final = ("owner", "user", "login", "org", "actor", "member")
_OF_THINGS: Final = (
    *("repo", "name", "slug", "branch", "ref", "tag", "key", "path", "label", "domain", "topic", "environment"),
)


class Score(NamedTuple):
    """Shares of requests whose static and whose learned route is the template; how many routes and requests."""

    static: float
    learned: float
    routes: int
    requests: int


def templates(path: Path) -> dict[str, list[str]]:
    """Return the templates of each provider."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        provider, _, template = line.partition("\t")
        if template.startswith("/") and "#" not in template:
            found[provider].append(template.partition("?")[0])
    return found


def requests(known: Sequence[str], count: int, again: float = 0.0) -> Iterable[tuple[str, str]]:
    """Yield templates with a path made from each.

    :param known: the templates of a provider.
    :param count: how many to yield.
    :param again: share of values that came before, the frequent ones more often, as in the traffic of one team.
    """
    before: dict[str, list[str]] = defaultdict(list)

    def value(name: str) -> str:
        earlier = before[name]
        chosen = chance.choice(earlier) if earlier and chance.random() < again else _value(name, chance)
        earlier.append(chosen)
        return chosen

    chance = random.Random(_SEED)  # noqa: S311 - the same every time
    ranked = chance.sample(known, len(known))
    shares = [1 / (rank + 1) ** _SKEW for rank in range(len(ranked))]
    for template in chance.choices(ranked, shares, k=count):
        yield template, _placeholder.sub(lambda found: value(found[1].lower()), template)


def score(known: Sequence[str], count: int, again: float = 0.0) -> Score:
    """Return how often the route of made-up requests is their template.

    :param known: the templates of a provider.
    :param count: how many requests.
    :param again: see ``requests``.
    """
    service = LearnedRoutes()
    static = right = 0
    seen = set()
    for now, (template, path) in enumerate(requests(known, count, again)):
        wanted = _any.sub("{}", template)
        static += _any.sub("{}", route(path)) == wanted
        label, _ = service.learn("", route(path), found=True, now=now)
        right += _any.sub("{}", label) == wanted
        seen.add(label)
    return Score(static / count, right / count, len(seen), count)


def score_recorded(known: Iterable[str], captures: Iterable[Path]) -> Score:
    """Return how often the route of recorded requests is the template that their path fits.

    :param known: templates; the one with most literal segments counts.
    :param captures: recordings of services that the templates describe.
    """
    forms = sorted({_any.sub("{}", each) for each in known}, key=lambda each: each.count("{}"))
    fits = [(re.compile("(.*?)" + re.escape(each).replace(r"\{\}", "[^/]+") + "/?"), each) for each in forms]
    service = LearnedRoutes()
    static = right = count = 0
    seen = set()
    for exchange in (each for path in captures for each in recorded(path)):
        path = exchange.request.path
        found = next(((match, form) for pattern, form in fits if (match := pattern.fullmatch(path))), None)
        if exchange.status in (None, 404, 410):
            continue
        label, _ = service.learn(exchange.service, route(path), found=True, now=exchange.timestamp or count)
        if found is None or found[0][1].count("/") > _MOST_BASE:
            continue
        wanted = found[0][1] + found[1]
        count += 1
        static += _any.sub("{}", route(path)).rstrip("/") == wanted
        right += _any.sub("{}", label).rstrip("/") == wanted
        seen.add(label)
    return Score(static / max(count, 1), right / max(count, 1), len(seen), count)


def _value(name: str, chance: random.Random) -> str:
    if any(part in name for part in _OF_PEOPLE) and "id" not in name:
        first, last = chance.choices(sorted(NAMES)[::7], k=2)
        return first + chance.choice(["", f"-{last}", str(chance.randint(1, 99))])
    if any(part in name for part in _OF_THINGS):
        slug = "-".join(chance.sample(_EVERYDAY, chance.randint(1, 3)))
        version = f"v{chance.randint(0, 9)}.{chance.randint(0, 9)}"
        versions = [version] if any(part in name for part in _OF_VERSIONS) else []
        return chance.choice([slug, chance.choice(sorted(NAMES)[::7]), "shop.example", *versions])
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789", k=20))
    short = "".join(chance.choices("abcdefghijklmnopqrstuv0123456789", k=12))
    return chance.choice([str(chance.randint(1, 99_999)), f"{chance.getrandbits(128):032x}", letters, f"usr_{short}"])


def _with_vocabulary(chosen: frozenset[str]) -> None:
    """Learn routes with other words."""
    vars(learned)["WORDS"] = chosen
    for judged in (learned.is_word, learned.is_known, learned.is_method):
        judged.cache_clear()


def _without(provider: str, known: Mapping[str, Sequence[str]], texts: Path, names: Path) -> frozenset[str]:
    others = [(other, each) for other, found in known.items() if other != provider for each in found]
    return frozenset(route_words.vocabulary(route_words.texts_in(texts), others, *route_words.names_in(names))[0])


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes", description="How well routes are learned.")
    parser.add_argument("templates", type=Path, nargs="?", default=TEMPLATES, help="lines of provider, tab, template")
    parser.add_argument("--requests", type=int, default=20_000, help="made-up requests of each provider")
    parser.add_argument("--again", type=float, default=0.0, help="share of values that came before, 0 to 1")
    parser.add_argument("--texts", type=Path, help="leave out a provider's own words: texts of a vocabulary")
    parser.add_argument("--names", type=Path, help="and its folder of names")
    parser.add_argument("--recorded", type=Path, nargs="+", help="captures to measure in place of made-up requests")
    chosen = parser.parse_args(arguments)
    known = templates(chosen.templates)
    if chosen.recorded:
        static, right, routes, requests_ = score_recorded(itertools.chain(*known.values()), chosen.recorded)
        print(f"{requests_:,} requests, {routes} routes: static {static:.3f}, learned {right:.3f}")
        return
    print(f"{'provider':<16}{'templates':>10}{'static':>9}{'learned':>9}{'routes':>8}")
    scores = []
    for provider, found in known.items():
        if chosen.texts and chosen.names:
            _with_vocabulary(_without(provider, known, chosen.texts, chosen.names))
        scores.append(score(found, chosen.requests, chosen.again))
        static, right, routes, _ = scores[-1]
        print(f"{provider:<16}{len(found):>10}{static:>9.3f}{right:>9.3f}{routes:>8}")
    mean = [sum(each[at] for each in scores) / len(scores) for at in (0, 1)]
    print(f"{'mean':<26}{mean[0]:>9.3f}{mean[1]:>9.3f}")


if __name__ == "__main__":
    main()
