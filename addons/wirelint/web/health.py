"""Say how the auditor does: what it did not inspect, why, and its own faults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from wirelint.sinks.metrics.exposition import Family

_GROUPS: Final = {
    "wirelint_dropped": "not audited",
    "wirelint_skipped": "not inspected, or only in part",
    "wirelint_unsaved_exchanges": "not saved",
    "wirelint_partly_saved_exchanges": "saved in part",
    "wirelint_faults": "faults of wirelint's own",
    "wirelint_rule_errors": "faults of rules",
    "wirelint_log_lost": "lines of the log that were lost",
    "wirelint_label_overflow": "label values without room",
}
_NOW: Final = {
    "wirelint_captured_exchanges": "captured",
    "wirelint_audited_exchanges": "audited",
    "wirelint_in_flight_exchanges": "in_flight",
    "wirelint_queue_depth": "waiting",
    "wirelint_hung_requests": "hung",
    "wirelint_event_loop_lag_seconds": "lag",
    "wirelint_event_loop_lag_peak_seconds": "lag_peak",
    "wirelint_overloaded": "overloaded",
}
_WHY: Final = {
    "queue_full": "too many exchanges, or too many octets, waited for their audit",
    "in_flight_full": "more than 20,000 exchanges were in flight",
    "head_too_large": "the head of a message had more than 2,000 lines or 128 KiB",
    "overload": "the event loop lagged",
    "lost": "their connection ended without an event",
    "stopped": "wirelint was stopped",
    "sampled": "outside the sample",
    "refused_request": "the proxy itself refused the request",
    "proxy_made": "another add-on of mitmproxy answered",
    "killed": "another add-on of mitmproxy ended the exchange",
    "no_resources": "the proxy had no descriptor or memory left to call the service",
    "h2c": "connections of HTTP/2 without TLS passed unread",
    "tls": "connections of TLS passed unread",
    "handshake": "TLS handshakes of clients failed: they do not trust the CA, or left",
    "full": "the file of --save is full",
    "backlog": "more came than could be written",
    "unwritable": "the file could not be written",
    "": "content was cut off, or longer than --body-limit",
    "streamed": "the content was streamed",
    "too_large": "the content was too large",
    "not_captured": "the content was not captured",
    "undecodable": "the content could not be decoded",
    "fields_unknown": "the fields are unknown",
}
"""What the reasons mean that metrics give as labels; others read as they are."""


class Loss(NamedTuple):
    """What was not inspected, or went wrong; ``reason`` is as metrics name it, ``why`` in words."""

    what: str
    service: str
    reason: str
    why: str
    number: int


def health(families: Iterable[Family]) -> dict[str, Any]:
    """Return the auditor's numbers of this moment.

    :param families: all metrics.
    :returns: ``now`` (numbers by name), and ``losses``: what was lost, why, at which service, and how often.
    """
    now: dict[str, float] = {}
    losses: list[Loss] = []
    for family in families:
        name = family.name.removesuffix("_total")
        if name in _NOW:
            now[_NOW[name]] = sum(value for _, value, _ in family.rows if isinstance(value, int | float))
        if name not in _GROUPS:
            continue
        for values, value, _ in family.rows:
            if not isinstance(value, int | float) or not value:
                continue
            labels = dict(zip(family.labels, values, strict=False))
            service = labels.pop("service", "")
            reason = " ".join(labels.values())
            why = _WHY.get(reason, reason.replace("_", " "))
            losses.append(Loss(_GROUPS[name], service, reason, why, int(value)))
    losses.sort(key=lambda loss: (loss.what, -loss.number, loss.service))
    return {"now": now, "losses": [loss._asdict() for loss in losses]}
