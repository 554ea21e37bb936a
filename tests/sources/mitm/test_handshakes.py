"""Clients that do not trust the CA are counted, and each host is named once."""

from __future__ import annotations

import logging
import ssl

import pytest

import support
from lab.mitm import Proxy, Service, connect


def test_a_host_is_named_once(proxy: Proxy, service: Service, caplog: pytest.LogCaptureFixture) -> None:
    before = proxy.stats.skipped["handshake"]
    trusting = ssl.create_default_context()
    for number in range(3):
        with (
            caplog.at_level(logging.INFO),
            connect(proxy.port("orders")) as client,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            trusting.wrap_socket(client, server_hostname="shop.example" if number else "pay.example")
    support.wait_until(lambda: proxy.stats.skipped["handshake"] == before + 3, "all to be counted")
    said = [record.getMessage() for record in caplog.records if "trust" in record.getMessage()]
    assert [("pay.example" in each, "shop.example" in each) for each in said] == [(True, False), (False, True)]
    assert all("mitmproxy-ca-cert.pem" in each for each in said)
