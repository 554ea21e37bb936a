"""Define commands for mitmproxy's screens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from mitmproxy import addonmanager, ctx, exceptions, flow, hooks, http, types

from wirelint.rules import catalogue
from wirelint.sinks.text import plural
from wirelint.sources import heads
from wirelint.sources.mitm.adapter import exchange_of_flow
from wirelint.sources.mitm.addons.auditing import Auditing
from wirelint.sources.mitm.faults import Faults
from wirelint.sources.mitm.marks import findings_of, mark, unmark
from wirelint.sources.mitm.recorder import Recorder
from wirelint.sources.stats import Stats


class Commands:
    """Offers ``wirelint.stats``, ``.audit``, ``.explain``, ``.summary``, ``.clear`` and ``.export``."""

    name = "wirelint_commands"

    def __init__(
        self, capture: Recorder, auditing: Auditing, stats: Stats, faults: Faults, count: Callable[[], None]
    ) -> None:
        """Offer commands.

        :param count: updates ``stats``.
        """
        self._capture = capture
        self._auditing = auditing
        self._stats = stats
        self._faults = faults
        self._count = count

    def load(self, loader: addonmanager.Loader) -> None:
        """Declare the commands."""
        loader.add_command("wirelint.stats", self.show_stats)
        loader.add_command("wirelint.audit", self.audit_flows)
        loader.add_command("wirelint.explain", self.explain)
        loader.add_command("wirelint.summary", self.summarise)
        loader.add_command("wirelint.clear", self.clear)
        loader.add_command("wirelint.export", self.export)

    def show_stats(self) -> Sequence[str]:
        """Show how many exchanges were captured, audited and dropped so far."""
        self._count()
        return self._stats.lines()

    def explain(self, flow: flow.Flow) -> Sequence[str]:
        """Show what the findings of a flow mean, and how to fix them."""
        rules = {rule.id: rule for rule in catalogue()}
        found = list(dict.fromkeys(each["rule"] for each in findings_of(flow)))
        lines = [line for name in found if name in rules for line in (name, *rules[name].text.splitlines(), "")]
        return lines or ["wirelint found nothing in this flow"]

    def summarise(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Show how often each rule found something in flows, for example in @all."""
        counts = Counter(found["rule"] for each in flows for found in findings_of(each))
        total = f"{plural(len(flows), 'flow')}, {plural(counts.total(), 'finding')}"
        return [total, *(f"{count:>6,}  {name}" for name, count in counts.most_common())]

    def clear(self, flows: Sequence[flow.Flow]) -> None:
        """Remove wirelint's marks and comments from flows, for example from @all."""
        touched = [each for each in flows if unmark(each)]
        if touched:
            ctx.master.addons.trigger(hooks.UpdateHook(touched))

    def export(self, flows: Sequence[flow.Flow], path: types.Path) -> None:
        """Write the findings of flows to a file as JSON lines, for example of @all.

        :raises CommandError: it cannot be written.
        """
        found = [each for flow in flows for each in findings_of(flow)]
        try:
            Path(path).write_text("".join(f"{json.dumps(each)}\n" for each in found), "utf-8")
        except OSError as error:
            raise exceptions.CommandError(f"cannot write {path}: {error.strerror or error}") from error

    def audit_flows(self, flows: Sequence[flow.Flow]) -> None:
        """Audit flows again, and mark them with their findings."""
        touched = []
        for each in flows:
            exchange = exchange_of_flow(each, self._capture.naming) if isinstance(each, http.HTTPFlow) else None
            if exchange is not None and heads.are_usual(exchange):
                mark(each, self._auditing.consume(exchange), self._faults)
                touched.append(each)
        if touched:
            ctx.master.addons.trigger(hooks.UpdateHook(touched))
