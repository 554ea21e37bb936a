"""Lead the HTTP clients of a command through a proxy, by the environment variables that they read."""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Variables that name a file of CAs: OpenSSL, Go, Ruby and httpx; requests; curl; Node.js."""
_NODE: Final = str(Path(__file__).with_name("node_proxy.cjs"))
_STORE_KEY: Final = "wirelint"
"""The password of a file that has nothing secret; Java reads none without."""
_certificate: Final = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]{1,100000}-----END CERTIFICATE-----")
_LOOPBACK: Final = ("localhost", "127.", "::1", "[::1]", ".localhost", "*")


def roots(environment: Mapping[str, str]) -> bytes:
    """Return the CAs, as PEM, that clients trust in an environment: those it names, and those of the system."""
    named = [environment.get(name, "") for name in _BUNDLES]
    system = ssl.get_default_verify_paths().cafile or certifi.where()
    files = dict.fromkeys(Path(name) for name in (*named, system) if name)
    return b"".join(file.read_bytes().rstrip() + b"\n" for file in files if file.is_file() and os.access(file, os.R_OK))


def key_store(bundle: bytes) -> bytes:
    """Return a key store with the same CAs, for Java.

    :param bundle: CAs as PEM; one that cannot be read is left out.
    """
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about CAs of the system that do not follow RFC 5280
        for pem in _certificate.findall(bundle):
            with contextlib.suppress(ValueError):
                found.append(pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(pem), None))
    return pkcs12.serialize_java_truststore(found, BestAvailableEncryption(_STORE_KEY.encode()))


def environment_of(before: Mapping[str, str], proxy: str, port: int, bundle: Path, store: Path) -> dict[str, str]:
    """Return an environment in which the usual clients call through a proxy and trust its CA.

    :param before: the environment without it.
    :param proxy: host of the proxy.
    :param port: its port.
    :param bundle: a file of all CAs to trust, as PEM.
    :param store: the same as a key store.
    """
    url = f"http://{proxy}:{port}"
    exempt = before.get("no_proxy") or before.get("NO_PROXY") or ""
    # The service under test is usually on this machine.
    kept = ",".join(host for word in exempt.split(",") if (host := word.strip()) and not host.startswith(_LOOPBACK))
    return {
        **before,
        # curl reads only the lower case of http_proxy; some clients read only upper case.
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), url),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), kept),
        **dict.fromkeys(_BUNDLES, str(bundle)),
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": f'{before.get("NODE_OPTIONS", "")} --require "{_quoted(_NODE)}"'.strip(),
        "JAVA_TOOL_OPTIONS": _java(before.get("JAVA_TOOL_OPTIONS", ""), proxy, port, kept, store),
    }


def _java(before: str, proxy: str, port: int, exempt: str, store: Path) -> str:
    """Return the options of Java. With a key store of its own, its HTTPS stays as it is."""
    # No list at all would exempt loopback.
    hosts = "|".join(f"*{host}" if host.startswith(".") else host for host in exempt.split(","))
    chosen = [before, f"-Dhttp.proxyHost={proxy}", f"-Dhttp.proxyPort={port}", f"-Dhttp.nonProxyHosts={hosts}"]
    if "javax.net.ssl.trustStore" not in before and " " not in str(store):
        chosen += [f"-Dhttps.proxyHost={proxy}", f"-Dhttps.proxyPort={port}", f"-Djavax.net.ssl.trustStore={store}"]
        chosen += ["-Djavax.net.ssl.trustStoreType=PKCS12", f"-Djavax.net.ssl.trustStorePassword={_STORE_KEY}"]
    return " ".join(chosen).strip()


def _quoted(path: str) -> str:
    """Return a path as it stands between the quotes of NODE_OPTIONS."""
    return path.replace("\\", "\\\\").replace('"', '\\"')
