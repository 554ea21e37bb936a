"""One proxy before one raw service for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.mitm import Proxy, Service
from wirelint.sources.mitm.settings import ServiceSpec


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of mitmproxy's certificate authority."""
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    raw = Service()
    yield raw
    raw.close()


@pytest.fixture(scope="module")
def proxy(service: Service, confdir: Path) -> Iterator[Proxy]:
    spec = ServiceSpec(url=f"http://127.0.0.1:{service.port}", name="orders", listen_port=0)
    running = Proxy(spec, confdir=confdir, forward_port=0)
    yield running
    running.stop()
