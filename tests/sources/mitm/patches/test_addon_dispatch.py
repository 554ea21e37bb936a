"""Remembered dispatch does what the walk through all addons does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import addonmanager, exceptions, http, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._hooks import HttpResponseHook
from mitmproxy.test import taddons, tflow

from wirelint.sources.mitm.patches import addon_dispatch, http1, message_checks


class ListenAddress:
    def __init__(self, name: str, log: list[str], does: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.log = log
        self.does = does

    def response(self, _flow: http.HTTPFlow) -> None:
        self.log.append(self.name)
        self.does()


class Later(ListenAddress):
    async def response(self, _flow: http.HTTPFlow) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.log.append(self.name)


class Parent(ListenAddress):
    def __init__(self, name: str, log: list[str], *addons: object) -> None:
        super().__init__(name, log)
        self.addons = list(addons)


class Watcher:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def update(self, _flows: list[http.HTTPFlow]) -> None:
        self.log.append("update")


def halt() -> None:
    raise exceptions.AddonHalt


def refuse() -> None:
    raise exceptions.OptionsError("no")


def fail() -> None:
    raise ZeroDivisionError


@pytest.fixture(params=[True, False], ids=["remembered", "walked"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def play(fast: bool, *addons: object, then: Callable[[AddonManager], None] | None = None) -> None:
    """Send a response to the addons, and once more after ``then``."""

    async def main() -> None:
        with taddons.context(options=options.Options(), loadcore=False) as context:
            manager = context.master.addons
            manager.add(*addons)
            addon_dispatch.switch(manager, on=fast)
            await manager.handle_lifecycle(HttpResponseHook(tflow.tflow(resp=True)))
            if then is not None:
                then(manager)
                await manager.handle_lifecycle(HttpResponseHook(tflow.tflow(resp=True)))
            addon_dispatch.switch(manager, on=False)
            assert "trigger_event" not in vars(manager)

    asyncio.run(main())


def test_order_nesting_and_coroutines(fast: bool) -> None:
    log: list[str] = []
    play(
        fast,
        Parent("a", log, ListenAddress("b", log), Parent("c", log, Later("d", log))),
        ListenAddress("e", log),
        Watcher(log),
    )
    assert log == ["a", "b", "c", "d", "e", "update"]


def test_halt_ends_the_event_but_not_the_update(fast: bool) -> None:
    log: list[str] = []
    play(fast, ListenAddress("a", log, halt), ListenAddress("b", log), Watcher(log))
    assert log == ["a", "update"]


def test_errors_end_the_group_alone(fast: bool, caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    with caplog.at_level(logging.ERROR):
        play(fast, Parent("a", log, ListenAddress("b", log, fail), ListenAddress("c", log)), ListenAddress("d", log))
    assert log == ["a", "b", "d"]
    assert "Addon error" in caplog.text


def test_wrong_options_are_told(fast: bool) -> None:
    log: list[str] = []
    with pytest.raises(exceptions.OptionsError):
        play(fast, ListenAddress("a", log, refuse), ListenAddress("b", log))
    assert log == ["a"]


def test_what_is_not_callable_is_an_error(fast: bool, caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    odd: Any = ListenAddress("odd", log)
    odd.response = 5
    with caplog.at_level(logging.ERROR):
        play(fast, odd, ListenAddress("b", log))
    assert log == ["b"]
    assert "not callable" in caplog.text


def test_modules_are_no_handlers(fast: bool, caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    script: Any = ListenAddress("script", log)
    script.response = http
    play(fast, script, ListenAddress("b", log))
    assert log == ["b"]
    assert not caplog.records


def test_addons_come_and_go(fast: bool) -> None:
    log: list[str] = []
    first, second, child = ListenAddress("a", log), ListenAddress("b", log), ListenAddress("c", log)
    parent = Parent("p", log)

    def change(manager: AddonManager) -> None:
        log.append("-")
        manager.remove(first)
        manager.add(second)
        manager.register(child)
        parent.addons.append(child)

    play(fast, first, parent, then=change)
    assert log == ["a", "p", "-", "p", "c", "b"]


def test_options_may_reorder(fast: bool) -> None:
    log: list[str] = []
    parent = Parent("p", log, ListenAddress("a", log), ListenAddress("b", log))

    def change(manager: AddonManager) -> None:
        log.append("-")
        parent.addons.reverse()
        manager.master.options.update(mode=["regular"])

    play(fast, parent, then=change)
    assert log == ["p", "a", "b", "-", "p", "b", "a"]


def test_the_list_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    walks = []

    def traverse(chain: Any) -> Any:
        walks.append(1)
        return original(chain)

    original: Any = addonmanager.traverse
    monkeypatch.setattr(addonmanager, "traverse", traverse)
    with taddons.context() as context:
        manager = context.master.addons
        addon_dispatch.switch(manager, on=True)
        counts = []
        for _ in range(3):
            asyncio.run(manager.trigger_event(HttpResponseHook(tflow.tflow())))
            counts.append(len(walks))
    assert counts[0] == counts[1] == counts[2] > 0


def test_untested_mitmproxy_is_left_alone(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("mitmproxy.version.VERSION", "99.0")
    with taddons.context() as context:
        addon_dispatch.switch(context.master.addons, on=True)
        assert "trigger_event" not in vars(context.master.addons)
    assert "99.0 was not tested" in caplog.text


def test_compat_is_taken_back(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def patched() -> list[Any]:
        kinds = (_http1.Http1Connection.read_body, _http1.Http1Server.send, _http1.Http1Client.send)
        return [_http1.make_body_reader, *kinds, _http1.Http1Client.read_headers]

    http1.switch(on=False)
    before = patched()
    http1.switch(on=True)
    http1.switch(on=True)
    assert not set(patched()) & set(before)
    http1.switch(on=False)
    assert patched() == before
    monkeypatch.setattr("mitmproxy.version.VERSION", "99.0")
    http1.switch(on=True)
    assert patched() == before
    assert "99.0 was not tested" in caplog.text


def test_checks_of_messages_come_back() -> None:
    before = vars(http.MessageData)["__post_init__"]
    with message_checks.trusted():
        assert vars(http.MessageData)["__post_init__"] is not before
        assert http.Response.make(200, b"hi").raw_content == b"hi"
    assert vars(http.MessageData)["__post_init__"] is before
