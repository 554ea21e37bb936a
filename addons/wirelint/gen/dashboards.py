"""Generate the files in ``dashboards/``: three dashboards for Grafana, and rules for Prometheus."""

from __future__ import annotations

import importlib
import json
import warnings
from pathlib import Path
from typing import Final

from wirelint.monitoring import alerting_rules, alertmanager_example, recording_rules

UIDS: Final = {"wirelint-overview": "overview", "wirelint-service": "service", "wirelint-auditor": "auditor"}
"""The module of each dashboard, by its UID."""


def files(root: Path) -> dict[Path, str]:
    """Return each file with its content.

    :param root: the top of the checkout.
    :raises ValueError: Grafana's SDK is not installed.
    """
    folder = root / "dashboards"
    texts = {folder / f"{uid}.json": dashboard(uid) for uid in UIDS}
    texts[folder / "prometheus" / "rules.yml"] = recording_rules.text()
    texts[folder / "prometheus" / "alerts.yml"] = alerting_rules.text()
    texts[folder / "alertmanager.yml"] = alertmanager_example()
    return texts


def dashboard(uid: str) -> str:
    """Return one dashboard as JSON.

    :raises ValueError: Grafana's SDK is not installed.
    """
    with warnings.catch_warnings():
        # On import the SDK recommends the next format of dashboards, which older versions of Grafana cannot read.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            encoder = importlib.import_module("grafana_foundation_sdk.cog.encoder").JSONEncoder
        except ModuleNotFoundError as error:
            raise ValueError(
                "dashboards are made with grafana-foundation-sdk: run `make gen`, which sets it up"
            ) from error
        built = importlib.import_module(f"wirelint.gen.{UIDS[uid]}").build()
    return json.dumps(built, cls=encoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
