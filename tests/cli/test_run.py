"""``wirelint run`` as a process, with real clients and a small server that lies."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from mitmproxy.certs import CertStore

from lab.cli import FEW, Shell
from support import HOST, wait_until
from wirelint.cli.clients import environment_of, key_store, roots

ADDONS = Path(__file__).parents[2] / "addons"
URLLIB = (
    "import sys, urllib.request\ntry: urllib.request.urlopen(sys.argv[1])\nexcept OSError as e: assert e.code == 401\n"
)
REQUESTS = "import sys, requests\nassert requests.get(sys.argv[1]).status_code == 401\n"
HTTPX = "import sys, httpx\nassert httpx.get(sys.argv[1]).status_code == 401\n"


class Liar(http.server.BaseHTTPRequestHandler):
    """401 without a challenge under /me, an honest answer elsewhere."""

    def do_GET(self) -> None:
        self.send_response(401 if self.path.startswith("/me") else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def serving(server: http.server.ThreadingHTTPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def liar() -> Iterator[str]:
    for port in serving(http.server.ThreadingHTTPServer((HOST, 0), Liar)):
        yield f"http://{HOST}:{port}"


CALLER = """import java.net.*;
public class Caller { public static void main(String[] words) throws Exception {
  for (var word : words) {
    var call = (HttpURLConnection) new URL(word).openConnection();
    if (call.getResponseCode() != 401) System.exit(9); } } }
"""


class Runner:
    """Starts ``wirelint run`` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, "-m", "wirelint", "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={
                "PYTHONPATH": str(ADDONS),
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "TMPDIR": str(self.temporary),
                "WIRELINT_SELECT": FEW,
                **variables,
            },
        )

    def __call__(self, *words: str, **variables: str) -> tuple[int, str, str]:
        """Run the command to its end; nothing may remain in the folder of temporary files."""
        with self.start(*words, **variables) as process:
            out, err = process.communicate(timeout=60)
        assert list(self.temporary.glob("wirelint-*")) == []
        return process.returncode, out, err


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def rules(out: str) -> list[str]:
    return [json.loads(line)["rule"] for line in out.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("script", [URLLIB, REQUESTS, HTTPX], ids=["urllib", "requests", "httpx"])
def test_what_python_calls_is_audited(run: Runner, liar: str, script: str) -> None:
    code, out, err = run("--format", "jsonl", "--", sys.executable, "-c", script, f"{liar}/me")
    assert (code, rules(out)) == (1, ["unauthorized-without-challenge"]), err
    assert "1 exchange" in err


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_what_curl_calls_is_audited(run: Runner, liar: str) -> None:
    code, out, _ = run("--output", "json:report.json", "curl", "-s", f"{liar}/me")
    assert code == 1
    assert out.startswith("{}")
    assert "401 without a WWW-Authenticate" in out
    assert json.loads((run.folder / "report.json").read_text())["findings"]
    assert run("--fail-on", "never", "--", "curl", "-s", f"{liar}/me")[0] == 0
    assert run("--", "curl", "-s", f"{liar}/ok")[0] == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_what_node_calls_is_audited(run: Runner, liar: str) -> None:
    (run.folder / "script.js").write_text(
        f"fetch('{liar}/me').then(first => require('http').get('{liar}/me?x=1', second =>\n"
        " process.exit(first.status === 401 && second.statusCode === 401 ? 0 : 9)))\n"
    )
    code, out, err = run("--format", "jsonl", "--", "node", "script.js")
    assert (code, rules(out)) == (1, ["unauthorized-without-challenge"] * 2), err


def test_the_code_of_a_command_that_fails_is_passed_on(run: Runner, liar: str) -> None:
    code, out, _ = run("--", sys.executable, "-c", f"{URLLIB}\nsys.exit(7)", f"{liar}/me")
    assert code == 7
    assert "401 without a WWW-Authenticate" in out
    code, _, err = run("--", "false")
    assert code == 1
    assert "no exchange was seen" in err


def test_a_test_run_is_audited(run: Runner, liar: str) -> None:
    (run.folder / "test_me.py").write_text(
        f"import requests\n\ndef test_me():\n    assert requests.get('{liar}/me').status_code == 401\n"
    )
    code, out, err = run("--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_me.py")
    assert code == 1, err
    assert out.index("1 passed") < out.index("unauthorized-without-challenge")


@pytest.mark.parametrize("client", ["python", "java"])
def test_tls_of_a_private_ca_is_read(run: Runner, liar: str, client: str) -> None:
    if client == "java" and shutil.which("javac") is None:
        pytest.skip("no JDK: java runs a source file only with a compiler")
    (run.folder / "Caller.java").write_text(CALLER)
    command = [sys.executable, "-c", REQUESTS] if client == "python" else ["java", "Caller.java", f"{liar}/me"]
    store = CertStore.from_store(run.folder / "ca", "private", 2048)
    (run.folder / "leaf.pem").write_bytes(leaf(store))
    server = http.server.ThreadingHTTPServer((HOST, 0), Liar)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(run.folder / "leaf.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for port in serving(server):
        words = ("--format", "jsonl", "--", *command, f"https://localhost:{port}/me")
        code, out, err = run(*words, REQUESTS_CA_BUNDLE=str(run.folder / "ca" / "private-ca-cert.pem"))
        assert (code, rules(out)) == (1, ["unauthorized-without-challenge"] * (2 if client == "java" else 1)), err
        # The proxy does not hide that nobody vouches for a service.
        assert client == "java" or run(*words)[0] == 1


def leaf(store: CertStore) -> bytes:
    """Return a key and certificate of localhost as PEM."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    entry = store.get_cert("localhost", [x509.DNSName("localhost")])
    key = entry.privatekey.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + entry.cert.to_pem()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command(run: Runner, liar: str, number: signal.Signals) -> None:
    script = (
        "import pathlib, signal, sys, time\n"
        "for n in (signal.SIGINT, signal.SIGTERM): signal.signal(n, lambda n, _: sys.exit(40 + n))\n"
        f"{URLLIB}\n"
        "pathlib.Path('up').touch()\n"
        "while True: time.sleep(0.05)\n"
    )
    with run.start("--format", "jsonl", "--", sys.executable, "-c", script, f"{liar}/me") as process:
        wait_until((run.folder / "up").exists, "the command to run")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, rules(out)) == (40 + number, ["unauthorized-without-challenge"]), err
    assert list(run.temporary.glob("wirelint-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_interrupted_leaves_nothing(run: Runner, number: signal.Signals) -> None:
    with run.start("--", sys.executable, "-c", "import time; time.sleep(60)") as process:
        wait_until(lambda: bool(list(run.temporary.glob("wirelint-*/*"))), "the folder to be filled")
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode != 0
    assert list(run.temporary.glob("wirelint-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_command_that_a_signal_ends_has_the_code_of_a_shell(run: Runner) -> None:
    assert run("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")[0] == 137


def test_a_command_that_is_missing_is_named(wirelint: Shell) -> None:
    code, _, err = wirelint("run", "--", "no-such-command")
    assert (code, err) == (127, "wirelint run: command not found: no-such-command\n")
    code, _, err = wirelint("run")
    assert code == 2
    assert "no command given" in err


def test_loopback_is_no_exception() -> None:
    before = {
        "NO_PROXY": "localhost, 127.0.0.1,::1,.corp.example,*",
        "JAVA_TOOL_OPTIONS": "-Xmx1g",
        "NODE_OPTIONS": "--no-warnings",
    }
    found = environment_of(before, HOST, 7000, Path("all.pem"), Path("all.p12"))
    assert found["no_proxy"] == found["NO_PROXY"] == ".corp.example"
    assert found["http_proxy"] == found["HTTPS_PROXY"] == "http://127.0.0.1:7000"
    assert found["NODE_OPTIONS"].startswith('--no-warnings --require "')
    assert Path(found["NODE_OPTIONS"].split('"')[1]).is_file()
    java = found["JAVA_TOOL_OPTIONS"]
    assert java.startswith(
        "-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=7000 -Dhttp.nonProxyHosts=*.corp.example -Dhttps.proxyHost="
    )
    assert "-Djavax.net.ssl.trustStore=all.p12" in java
    # The CAs of another key store would be lost.
    other = {"JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore=corp.jks"}
    assert "https" not in environment_of(other, HOST, 7000, Path("all.pem"), Path("all.p12"))["JAVA_TOOL_OPTIONS"]


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_key_store_has_the_same_cas() -> None:
    bundle = roots({})
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    stored = pkcs12.load_pkcs12(key_store(broken + bundle), b"wirelint").additional_certs
    assert bundle.count(b"BEGIN CERTIFICATE") - 3 <= len(stored) <= bundle.count(b"BEGIN CERTIFICATE")


def test_cas_that_the_environment_names_stay_trusted(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(b"own CA")
    found = roots({"SSL_CERT_FILE": str(own), "CURL_CA_BUNDLE": str(own), "NODE_EXTRA_CA_CERTS": "/missing"})
    assert found.count(b"own CA") == 1
    assert found.count(b"BEGIN CERTIFICATE") > 10
