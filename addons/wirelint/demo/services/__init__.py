"""The demo's services, one file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from wirelint.demo.app import App
from wirelint.demo.services import admin, gateway, limiter, rpc, shop, tidy

SERVICES: Final[Mapping[str, Callable[[], App]]] = {
    "shop": shop.build,
    "gateway": gateway.build,
    "limiter": limiter.build,
    "admin": admin.build,
    "rpc": rpc.build,
    "tidy": tidy.build,
}
"""The function that builds each service, by name."""
