"""Samples hold whole conversations, and about as many of them as was asked for."""

from __future__ import annotations

import pytest

from wirelint.core import pattern
from wirelint.settings import sampling
from wirelint.settings.file import Config, ConfigError
from wirelint.settings.sampling import WINDOW, Sampler, Shares
from wirelint.settings.setup import shares_of

NOW = 1_800_000_000.0
CLIENTS = [f"10.0.{number // 250}.{number % 250}" for number in range(2000)]


def traced(number: int) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"Traceparent", b"00-%032x-%016x-01" % (number + 1, 7)),)


def test_without_shares_everything_is_wanted_and_nothing_is_read() -> None:
    assert Sampler().wants("shop", "10.0.0.1", None, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_share_is_met(share: float) -> None:
    left_out: list[str] = []
    sampler = Sampler(Shares(share), left_out.append)
    wanted = sum(sampler.wants("shop", client, (), NOW) for client in CLIENTS)
    assert abs(wanted / len(CLIENTS) - share) <= 0.03 * bool(share)
    assert left_out == ["shop"] * (len(CLIENTS) - wanted)


def test_a_client_is_in_or_out_for_a_while_and_then_drawn_anew() -> None:
    sampler = Sampler(Shares(0.5))
    begun = NOW // WINDOW * WINDOW
    first = [sampler.wants("shop", client, (), begun) for client in CLIENTS]
    assert [sampler.wants("shop", client, (), begun + WINDOW - 1) for client in CLIENTS] == first
    later = [sampler.wants("shop", client, (), begun + WINDOW) for client in CLIENTS]
    assert 0.4 < sum(one == other for one, other in zip(first, later, strict=True)) / len(CLIENTS) < 0.6
    alone = [sampler.wants("shop", "10.0.0.1", (), begun + WINDOW * number) for number in range(200)]
    assert 60 < sum(alone) < 140


def test_every_process_draws_the_same_lots() -> None:
    one, other = Sampler(Shares(0.3)), Sampler(Shares(0.3))
    assert [one.wants("a", client, (), NOW) for client in CLIENTS] == [
        other.wants("b", client, (), NOW) for client in CLIENTS
    ]


def test_clients_behind_a_balancer_are_told_apart() -> None:
    sampler = Sampler(Shares(0.5))

    def wants(client: str) -> bool:
        return sampler.wants("shop", "10.9.9.9", ((b"X-Forwarded-For", f"{client}, 10.1.1.1".encode()),), NOW)

    assert [wants(client) for client in CLIENTS] == [sampler.wants("shop", client, (), NOW) for client in CLIENTS]


def test_what_a_request_causes_further_on_shares_its_fate() -> None:
    """The service calls others from its own address; the trace id identifies the caller."""
    sampler = Sampler(Shares(0.5))
    inbound = [sampler.wants("shop", client, traced(at), NOW) for at, client in enumerate(CLIENTS)]
    assert [sampler.wants("stock", "127.0.0.1", traced(at), NOW) for at in range(len(CLIENTS))] == inbound
    assert {True, False} == set(inbound)


def test_a_smaller_share_further_on_is_a_part_of_the_larger() -> None:
    sampler = Sampler(Shares(1.0, [("stock", 0.2), ("noise", 0.0)]))
    first = [sampler.wants("shop", client, traced(at), NOW) for at, client in enumerate(CLIENTS)]
    then = [sampler.wants("stock", "127.0.0.1", traced(at), NOW) for at in range(len(CLIENTS))]
    assert all(first)
    assert 0.15 < sum(then) / len(then) < 0.25
    assert not any(sampler.wants("noise", "127.0.0.1", traced(at), NOW) for at in range(len(CLIENTS)))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_MOST_TRACES", 100)
    monkeypatch.setattr(pattern, "_MOST_SERVICES", 100)
    sampler = Sampler(Shares(0.5))
    for at in range(1000):
        sampler.wants(f"host-{at}", "10.0.0.1", traced(at), NOW)
    assert len(sampler._lots) == 100
    assert len(sampler.shares._by_name._found) == 100


def test_an_exact_name_beats_patterns_and_the_first_pattern_counts() -> None:
    shares = Shares(0.9, [("*.internal", 0.1), ("pay.internal", 0.5), ("p*", 0.2), ("plain", None)])
    names = ["pay.internal", "x.internal", "press", "plain", "other"]
    assert [shares.of(name) for name in names * 2] == [0.5, 0.1, 0.2, 0.9, 0.9] * 2


def test_shares_of_a_file() -> None:
    config = Config("wirelint.toml", {"service": {"shop": {"sample": 0.25}, "x*": {"ignore": ["low"]}}})
    assert shares_of(config, 0.5, alone=False).of("shop") == 0.25
    assert shares_of(config, 0.5, alone=False).of("x1") == 0.5
    # A flag or a variable beats the file.
    assert shares_of(config, 0.5, alone=True).of("shop") == 0.5
    assert shares_of(config, 1.0, alone=True).whole


@pytest.mark.parametrize("value", [-0.1, 1.1, "half", True])
def test_shares_that_make_no_sense(value: object) -> None:
    config = Config("wirelint.toml", {"service": {"shop": {"sample": value}}})
    with pytest.raises(ConfigError, match=r"wirelint.toml: service.shop.sample: must be a number from 0 to 1"):
        shares_of(config, 1.0, alone=False)
