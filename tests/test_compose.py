"""docker-compose.yml and what it mounts, builds and names; whether it runs needs a container engine."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from wirelint import __version__
from wirelint.cli import cli
from wirelint.demo.services import SERVICES

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
PROMETHEUS = ROOT / "deploy" / "compose" / "prometheus.yml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}")


@functools.cache
def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def resolved(text: str, **variables: str) -> str:
    """Text as compose interpolates it."""
    return VARIABLE.sub(lambda found: variables.get(found["name"]) or found["default"], text)


def services() -> dict[str, dict[str, Any]]:
    return dict(load(COMPOSE)["services"])


def words(name: str, **variables: str) -> list[str]:
    """Return a service's command."""
    command = services()[name]["command"]
    return resolved(command, **variables).split() if isinstance(command, str) else [*command]


def mounts(name: str) -> Iterator[tuple[str, str, str]]:
    """Source, target and mode of each of a service's volumes."""
    for volume in services()[name].get("volumes", []):
        source, target, *mode = volume.split(":")
        yield source, target, *(mode or [""])


NAMES = sorted(services())


def test_compose_file_is_what_the_specification_allows() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_container_can_do_no_more_than_it_must(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "user", "pid", "ipc", "devices", "network_mode"}
    for source, _, _ in mounts(name):
        assert "docker.sock" not in source


@pytest.mark.parametrize("name", NAMES)
def test_images_are_pinned_or_built_here(name: str) -> None:
    service = services()[name]
    if service["image"] == "wirelint:local":
        assert service["pull_policy"] == ("build" if "build" in service else "never")
    else:
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", service["image"])


def test_one_service_builds_the_image() -> None:
    assert [name for name in NAMES if "build" in services()[name]] == ["wirelint"]


@pytest.mark.parametrize("name", NAMES)
def test_ports_are_those_of_loopback(name: str) -> None:
    for port in services()[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+(-\d+)?:\d+(-\d+)?", resolved(port)), port


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mounted_exists(name: str) -> None:
    volumes = load(COMPOSE)["volumes"]
    for source, target, mode in mounts(name):
        assert PurePosixPath(target).is_absolute()
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert mode == "ro", f"{source} can be written to"
        else:
            assert source in volumes, source


@pytest.mark.parametrize("name", NAMES)
def test_order_waits_for_what_has_a_health_check(name: str) -> None:
    depends = services()[name].get("depends_on", {})
    for other, terms in depends.items():
        assert terms == {"condition": "service_healthy"}
        # The image of wirelint brings its own.
        assert other == "wirelint" or services()[other]["healthcheck"]["test"]
        # Compose refuses to start what depends on something that is not there.
        assert "profiles" not in services()[other] or services()[name].get("profiles") == ["demo"]


def test_demo_is_what_runs_unless_an_upstream_is_named() -> None:
    line = next(line for line in (ROOT / ".env").read_text().splitlines() if line.startswith("COMPOSE_PROFILES="))
    assert resolved(line) == "COMPOSE_PROFILES=demo"
    assert resolved(line, UPSTREAM="http://host.docker.internal:8000").endswith("=http://host.docker.internal:8000")
    demo = {name for name, service in services().items() if service.get("profiles") == ["demo"]}
    assert demo == {*SERVICES, "clients"}
    assert {name for name in services() if name not in demo} == {"wirelint", "prometheus", "grafana"}


def test_demo_services_stand_behind_the_ports_that_clients_use() -> None:
    command, *targets = words("wirelint")
    assert command == "proxy"
    assert dict(target.split("=", 1) for target in targets) == {name: f"http://{name}:8000" for name in SERVICES}
    expected = {
        f"--to={target.partition('=')[0]}=http://wirelint:{port}" for port, target in enumerate(targets, start=8080)
    }
    assert {word for word in words("clients") if word.startswith("--to")} == expected
    for name in SERVICES:
        assert words(name) == [name]
        assert services()[name]["entrypoint"][-2:] == ["--port", "8000"]
    assert {"127.0.0.1:8080-8085:8080-8085", "127.0.0.1:9464:9464"} == set(
        map(resolved, services()["wirelint"]["ports"])
    )


def test_own_services_take_the_place_of_the_demo() -> None:
    assert words("wirelint", UPSTREAM="http://host.docker.internal:8000") == [
        "proxy",
        "http://host.docker.internal:8000",
    ]
    assert words("wirelint", UPSTREAM="shop=http://a:1 pay=http://b:2") == [
        "proxy",
        "shop=http://a:1",
        "pay=http://b:2",
    ]
    assert services()["wirelint"]["extra_hosts"] == ["host.docker.internal:host-gateway"]


def test_prometheus_scrapes_services_that_there_are_and_loads_the_rules() -> None:
    settings = load(PROMETHEUS)
    targets = {
        target.rpartition(":")[0]: int(target.rpartition(":")[2])
        for job in settings["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    assert targets["wirelint"] == 9464
    assert targets.keys() - services().keys() == {"localhost"}

    placed = {target: ROOT / source for source, target, _ in mounts("prometheus") if source.startswith(".")}
    assert placed[PurePosixPath("/etc/prometheus/prometheus.yml").as_posix()] == PROMETHEUS
    (pattern,) = settings["rule_files"]
    folder = placed[str(PurePosixPath(pattern).parent)]
    assert {file.name for file in folder.glob(PurePosixPath(pattern).name)} == {"rules.yml", "alerts.yml"}
    assert "--enable-feature=exemplar-storage" in words("prometheus")


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    grafana = services()["grafana"]
    placed = {target: ROOT / source for source, target, _ in mounts("grafana") if source.startswith(".")}
    home = PurePosixPath(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (placed[str(home.parent)] / home.name).is_file()

    provisioning = placed["/etc/grafana/provisioning"]
    datasources = [each for file in provisioning.glob("datasources/*.y*ml") for each in load(file)["datasources"]]
    (prometheus,) = [each for each in datasources if each["type"] == "prometheus"]
    assert prometheus["url"] == "http://prometheus:9090"
    assert prometheus["jsonData"]["timeInterval"] == load(PROMETHEUS)["global"]["scrape_interval"]
    providers = [each for file in provisioning.glob("dashboards/*.y*ml") for each in load(file)["providers"]]
    assert [each["options"]["path"] for each in providers] == [str(home.parent)]


def test_visitors_of_grafana_look_and_do_not_touch() -> None:
    environment = services()["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert not [key for key in environment if "PASSWORD" in key]


def dockerfile() -> str:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    return re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))


def test_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    text = dockerfile()
    final = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["wirelint"\]$', final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .* CMD \[.*/readyz", final, re.MULTILINE)
    assert re.search(r"^VOLUME /var/lib/wirelint$", final, re.MULTILINE)
    assert "org.opencontainers.image.licenses" in final
    assert "--require-hashes --only-binary :all:" in text
    # The builder that comes with every engine has neither.
    assert "--mount" not in text
    assert "<<" not in text


def test_image_sets_options_that_there_are() -> None:
    proxy = cli.get_command(click.Context(cli), "proxy")
    assert proxy is not None
    known = {option.envvar for option in proxy.params if isinstance(option, click.Option)}
    assert set(re.findall(r"\bWIRELINT_\w+(?==)", dockerfile())) <= known
    assert "WIRELINT_METRICS_PORT" in known, "the health check asks for it"


def test_context_of_the_build_has_what_is_copied_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    copied = {
        word
        for line in dockerfile().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)
    assert __version__ not in dockerfile(), "a version in two places goes stale"
