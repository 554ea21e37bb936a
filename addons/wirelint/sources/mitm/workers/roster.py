"""The workers that are there: what they say is taken down, and what they are to know is told to them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from wirelint.settings.sampling import Sampler
from wirelint.sources.mitm.addon import Consume
from wirelint.sources.mitm.settings import ProxySettings
from wirelint.sources.mitm.stats import Stats
from wirelint.sources.mitm.workers.auditing import Auditing
from wirelint.sources.mitm.workers.frames import Counted, Frame, Kind, Said, SharesSet, content_of
from wirelint.sources.mitm.workers.limits import longest
from wirelint.sources.mitm.workers.link import Link
from wirelint.sources.mitm.workers.retelling import Retelling
from wirelint.sources.mitm.workers.sums import Part, Sums


class Roster:
    """Links to workers, with what each of them has counted. All of it is used on the event loop alone.

    Attributes:
        auditing: what becomes of the exchanges that they hand on.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one caller, next door
        self,
        settings: ProxySettings,
        stats: Stats,
        sums: Sums,
        consume: Consume,
        sampler: Sampler,
        on_standing: Callable[[bool], None],
    ) -> None:
        """Begin with none.

        :param consume: audits an exchange.
        :param sampler: has the shares to tell workers, and is told what their samples left out.
        :param on_standing: is told when the first worker listens, when the last is gone, and so on.
        """
        self.auditing = Auditing(consume, stats, settings.queue_limit, self._ask, self._room)
        self._most = longest(settings)
        self._sums = sums
        self._sampler = sampler
        self._shares = sampler.shares
        self._on_standing = on_standing
        self._links: dict[Link, Part] = {}
        self._retell: Final = Retelling()
        self._asking = 0

    def __len__(self) -> int:
        return len(self._links)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links as they are now."""
        return tuple(self._links)

    def join(self, sock: socket.socket) -> Link:
        """A worker begins; ``sock`` leads to it."""
        link = Link(sock, self._most, self._heard, lambda _link: self.auditing.fault(), self._gone)
        part = self._links[link] = Part()
        self._sums.joined(part)
        link.tell(Kind.SHARES, SharesSet(self._shares.general, self._shares.services))
        if not self.auditing.reading:
            link.pause()
        return link

    def tell(self, kind: Kind, value: object = None) -> None:
        """Say something to all."""
        for link in self.links:
            link.tell(kind, value)

    def look(self) -> None:
        """Look around, once in a while: bring the numbers up to date, and tell all of other shares."""
        inbox = self.auditing.inbox
        self._sums.show(len(inbox), inbox.octets, time.monotonic(), reading=self.auditing.reading)
        if self._sampler.shares is not self._shares:
            self._shares = self._sampler.shares
            self.tell(Kind.SHARES, SharesSet(self._shares.general, self._shares.services))

    def _heard(self, link: Link, told: Frame) -> None:
        part = self._links[link]
        if told.kind == Kind.EXCHANGE:
            self._sums.came(part)
            self.auditing.add(told.ended, told.content)
            return
        try:
            self._take(link, part, told.kind, content_of(told))
        except (msgspec.MsgspecError, ValueError, KeyError):
            self.auditing.fault()

    def _take(self, link: Link, part: Part, kind: int, content: object) -> None:
        if isinstance(content, Counted):
            self._sums.counted(part, content)
            for service, count in content.sampled.items():
                for _ in range(count):
                    self._sampler.left_out(service)
        elif isinstance(content, Said):
            self._retell(content)
        elif isinstance(content, int):
            link.pid = part.pid = max(0, content)
        elif isinstance(content, list):
            link.places = content
            link.begun.set()
            self._stand()
        elif kind == Kind.ALL:
            link.asked = 0
            self._answered()
        elif kind == Kind.FAILED:
            link.failure = str(content)
            link.begun.set()

    def _gone(self, link: Link) -> None:
        self._sums.left(self._links.pop(link))
        link.places = None
        self._stand()
        self._answered()

    def _stand(self) -> None:
        before, now = self._sums.living, sum(link.places is not None for link in self._links)
        self._sums.living = now
        if bool(before) != bool(now):
            self._on_standing(now > 0)

    def _ask(self) -> bool:
        """Ask all workers for what they have; returns whether there is one to wait for."""
        self._asking += 1
        for link in self._links:
            # One that did not answer in time is not asked again before it does, and not waited for either.
            if link.places is not None and not link.asked:
                link.asked = self._asking
                link.tell(Kind.ASK)
        return any(link.asked == self._asking for link in self._links)

    def _answered(self) -> None:
        if not any(link.asked == self._asking for link in self._links):
            self.auditing.answered()

    def _room(self, reading: bool) -> None:
        for link in self._links:
            if reading:
                link.resume()
            else:
                link.pause()
