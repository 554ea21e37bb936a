"""What Prometheus and Alertmanager do with the metrics: recording rules, alerts, and an example of their routes."""

from __future__ import annotations

from importlib import resources


def alertmanager_example() -> str:
    """Return an example of routes and inhibition for Alertmanager."""
    return resources.files(__name__).joinpath("alertmanager.yml").read_text(encoding="utf-8")
