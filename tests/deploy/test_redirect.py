"""The redirect of components/transparent, for real: a pod and its caller as two network namespaces of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.kustomize import BUILDS, named, only, render
from support import Background, wait_until
from tools import find_tool

POD, CALLER = "10.77.0.2", "10.77.0.1"
TOOLS = ("ip", "iptables", "setpriv")
# Who may read what only root may: the interpreter of this environment may lie in such a place.
READING = ("--clear-groups", "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
FETCH = """\
import sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], headers=dict(word.split("=", 1) for word in sys.argv[2:]))
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        print(response.read().decode())
except urllib.error.HTTPError as error:
    print(error.code)
"""


class Net(NamedTuple):
    """Two namespaces that are joined by a wire."""

    pod: str
    caller: str

    def words(self, place: str, *command: str, user: int | None = None) -> list[str]:
        """Return a command to run in one of them."""
        switch = [] if user is None else ["setpriv", f"--reuid={user}", *READING]
        return ["ip", "netns", "exec", place, *switch, *command]

    def fetch(self, place: str, url: str, *fields: str, user: int | None = None) -> str:
        """Return the content at an address, or the status of an error."""
        command = self.words(place, sys.executable, "-c", FETCH, url, *fields, user=user)
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def run(*command: str, env: dict[str, str] | None = None) -> None:
    """Run a command; raise if it fails."""
    subprocess.run(command, check=True, capture_output=True, timeout=30, env={**os.environ, **(env or {})})


@pytest.fixture
def net() -> Iterator[Net]:
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(find_tool, TOOLS)):
        pytest.skip(f"it takes root on Linux, and {', '.join(TOOLS)}")
    both = Net(f"wlp{os.getpid()}", f"wlc{os.getpid()}")
    made = []
    try:
        try:
            for place in both:
                run("ip", "netns", "add", place)
                made.append(place)
        except subprocess.CalledProcessError:
            pytest.skip("no network namespace may be made here")
        run("ip", "link", "add", "eth0", "netns", both.pod, "type", "veth", "peer", "eth0", "netns", both.caller)
        for place, address in ((both.pod, POD), (both.caller, CALLER)):
            run("ip", "-n", place, "addr", "add", f"{address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                run("ip", "-n", place, "link", "set", device, "up")
        yield both
    finally:
        for place in made:
            run("ip", "netns", "del", place)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Provide one that users other than root can reach."""
    made = Path(tempfile.mkdtemp(prefix="wirelint-", dir="/tmp"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


def value(container: dict[str, Any], name: str) -> str:
    return str(named(container["env"], name)["value"])


def counter(net: Net) -> Callable[[str], float]:
    """Provide a function that reads wirelint's counts of a service, by direction."""

    def count(labels: str) -> float:
        text = net.fetch(net.pod, "http://127.0.0.1:9464/metrics")
        lines = re.findall(r"^wirelint_exchanges_total\{(.*)\} (\S+)$", text, re.MULTILINE)
        return sum(float(number) for found, number in lines if all(label in found for label in labels.split(",")))

    return count


@pytest.mark.e2e
def test_both_directions_pass_through_wirelint_and_it_does_not_meet_itself(
    net: Net, folder: Path, background: Background
) -> None:
    pod = only(render(BUILDS["overlays/transparent"]), "Deployment")["spec"]["template"]
    redirect = named(pod["spec"]["initContainers"], "wirelint-redirect")
    own = named(pod["spec"]["initContainers"], "wirelint")["securityContext"]["runAsUser"]
    app = named(pod["spec"]["containers"], "shop")["securityContext"]["runAsUser"]
    script = net.words(net.pod, *redirect["command"], *redirect["args"])
    told = {"APP_PORT": "8000"} | {name: value(redirect, name) for name in ("WIRELINT_PORT", "OUTBOUND_PORTS")}
    run(*script, env=told)
    run(*script, env=told)  # once more, as after a restart
    rules = subprocess.run(
        net.words(net.pod, "iptables", "-t", "nat", "-S"), capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert rules.count("-j REDIRECT") == 2

    service = (sys.executable, "-m", "wirelint.demo.service", "--host", "0.0.0.0", "--port")
    inside = background(net.words(net.pod, *service, "8000", "shop", user=app), cwd=folder)
    outside = background(net.words(net.caller, *service, "80", "tidy"), cwd=folder)
    proxy = background(
        net.words(
            *(net.pod, sys.executable, "-m", "wirelint", "proxy", "--host", "0.0.0.0", "--confdir", str(folder)),
            *("--transparent", f"shop={told['WIRELINT_PORT']}"),
            user=own,
        ),
        cwd=folder,
        env={"HOME": str(folder)},
    )
    inside.wait_for_output("listens on")
    outside.wait_for_output("listens on")
    proxy.wait_for_output("/metrics")

    count = counter(net)
    assert "sku" in net.fetch(net.caller, f"http://{POD}:8000/products")
    wait_until(lambda: count('service="shop",direction="inbound"') == 1, "the caller's request to be counted")
    net.fetch(net.pod, f"http://{CALLER}/", "Host=tidy.example", user=app)
    wait_until(lambda: count('service="tidy.example",direction="outbound"') == 1, "the service's request to be counted")
    assert "sku" in net.fetch(net.pod, "http://127.0.0.1:8000/products", user=app)
    assert count("") == 2, (
        "what stays in the pod is nobody's business, and wirelint's own connections are not redirected"
    )
