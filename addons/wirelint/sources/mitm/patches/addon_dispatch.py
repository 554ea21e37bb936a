"""Dispatch events to add-ons by a list made once per event, in place of a walk through all add-ons each time.

The walk is half of mitmproxy's time for a small exchange. Its behaviour is kept: order, AddonHalt, OptionsError,
containment of other errors per add-on of the chain, handlers that are coroutines. One difference: a handler that is
attached to an add-on after its first event is ignored until add-ons or options change.
"""

from __future__ import annotations

import inspect
import logging
import types
from collections.abc import Callable
from typing import Any, Final

from mitmproxy import addonmanager, exceptions, flow, hooks, version

from wirelint.sources.mitm.patches.patch import Patch, is_tried

_log: Final = logging.getLogger("mitmproxy.addonmanager")
_ATTRIBUTE: Final = "_wirelint_dispatch"

PATCH: Final = Patch(
    reason="the walk through all add-ons at each event takes half of mitmproxy's time for a small exchange; lists of"
    " handlers are kept instead",
    replaces=tuple(
        f"mitmproxy.addonmanager.AddonManager.{name}"
        for name in ("trigger_event", "handle_lifecycle", "register", "remove", "clear")
    ),
    test="tests/sources/mitm/patches/test_addon_dispatch.py::test_the_list_is_made_once",
    option="wirelint_fast_dispatch",
)
Handler = Callable[..., Any]


def switch(manager: addonmanager.AddonManager, *, on: bool) -> None:
    """Turn the cached dispatch on or off. With an untested mitmproxy it stays off, with a warning."""
    current: Dispatch | None = manager.__dict__.get(_ATTRIBUTE)
    if on and not is_tried():
        _log.warning("wirelint: wirelint_fast_dispatch is off, mitmproxy %s was not tested with it", version.VERSION)
        return
    if on and current is None:
        setattr(manager, _ATTRIBUTE, Dispatch(manager))
    elif not on and current is not None:
        current.remove()
        delattr(manager, _ATTRIBUTE)


class Dispatch:
    """The cached handlers of one add-on manager, in place of its own dispatch."""

    def __init__(self, manager: addonmanager.AddonManager) -> None:
        self._manager = manager
        self._handlers: dict[str, tuple[tuple[Handler, ...], ...]] = {}
        vars(manager).update(
            trigger_event=self.trigger_event,
            handle_lifecycle=self.handle_lifecycle,
            register=self._forgetting(manager.register),
            remove=self._forgetting(manager.remove),
            clear=self._forgetting(manager.clear),
        )
        # An option alone may reorder scripts. The signal holds its receivers weakly.
        manager.master.options.changed.connect(self._options_changed)

    def remove(self) -> None:
        """Restore the manager's own dispatch."""
        for name in ("trigger_event", "handle_lifecycle", "register", "remove", "clear"):
            delattr(self._manager, name)
        self._manager.master.options.changed.disconnect(self._options_changed)

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Call all handlers of an event."""
        groups = self._handlers.get(event.name)
        if groups is None:
            groups = self._find(event.name)
        if not groups:
            return
        arguments = event.args()
        for group in groups:
            try:
                for handler in group:
                    result = handler(*arguments)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception as error:  # noqa: BLE001 - containment is what mitmproxy promises to addons
                _log.error("Addon error: %s", error, exc_info=True)

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        """Call all handlers of an event, and those of ``update`` if it is about a flow."""
        await self.trigger_event(event)
        message = event.args()[0]
        if isinstance(message, flow.Flow):
            groups = self._handlers.get("update")
            if groups is None:
                groups = self._find("update")
            if groups:
                await self.trigger_event(hooks.UpdateHook([message]))

    def _find(self, name: str) -> tuple[tuple[Handler, ...], ...]:
        groups = []
        for top in self._manager.chain:
            group = tuple(
                handler if callable(handler) else _not_callable(name, addon)
                for addon in addonmanager.traverse([top])
                if (handler := getattr(addon, name, None)) and not isinstance(handler, types.ModuleType)
            )
            if group:
                groups.append(group)
        found = self._handlers[name] = tuple(groups)
        return found

    def _forgetting(self, change: Handler) -> Handler:
        def changed(*arguments: Any) -> Any:
            self._handlers.clear()
            try:
                return change(*arguments)
            finally:
                self._handlers.clear()

        return changed

    def _options_changed(self, **_changed: object) -> None:
        self._handlers.clear()


def _not_callable(name: str, addon: object) -> Handler:
    def refuse(*_arguments: Any) -> None:
        raise exceptions.AddonManagerError(f"Addon handler {name} ({addon}) not callable")

    return refuse
