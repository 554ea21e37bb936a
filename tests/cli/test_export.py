"""``wirelint export`` for Envoy, Istio and Envoy Gateway: what it writes is what Envoy accepts."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lab.cli import Shell
from lab.envoy_process import require_envoy
from lab.prom import ROOT
from wirelint.sources.envoy.config.lua import SECRETS


def read(file: Path) -> list[Any]:
    """Return the documents of a file."""
    return list(YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def validate(file: Path) -> None:
    """Let Envoy itself check a configuration."""
    run = subprocess.run(
        [require_envoy(), "--mode", "validate", "-c", file, "-l", "warning"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def lua_of(block: Any) -> str:
    code: str = block["typed_config"]["default_source_code"]["inline_string"]
    return code


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--http2", "--admin-port", "0", "--body-limit", "0"),
        ("--leave-out-credentials", "--content-types", 'json,text/"plain]]', "--upstream", "shop.internal:80"),
        ("--receiver", "audit.internal:9465", "--receiver-ca", "CA"),
        ("--receiver", "10.0.0.1:9465", "--receiver-ca", "CA", "--receiver-cert", "CA", "--receiver-key", "KEY"),
    ],
)
def test_envoy_accepts_what_is_written_for_it(wirelint: Shell, words: tuple[str, ...]) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=audit.internal"),
        ],
        check=True,
        capture_output=True,
    )
    files = {"CA": str(Path("cert.pem").absolute()), "KEY": str(Path("key.pem").absolute())}
    run = wirelint("export", "envoy", "out", *(files.get(word, word) for word in words))
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == ["wrote out/envoy.yaml", "wrote out/blocks.yaml"]
    validate(Path("out/envoy.yaml"))


def test_blocks_are_those_of_the_whole(wirelint: Shell) -> None:
    assert wirelint("export", "envoy", "out", "--port", "8443", "--name", "shop").code == 0
    (whole,), (blocks,) = read(Path("out/envoy.yaml")), read(Path("out/blocks.yaml"))
    (listener,) = whole["static_resources"]["listeners"]
    assert listener["address"]["socket_address"]["port_value"] == 8443
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    assert manager["http_filters"][:1] == blocks["http_filters"]
    assert manager["access_log"] == blocks["access_log"]
    assert whole["static_resources"]["clusters"][1:] == blocks["clusters"]
    assert whole["static_resources"]["clusters"][0]["name"] == "shop"


def test_settings_reach_the_filter_and_what_leaves_envoy_is_said(wirelint: Shell) -> None:
    words = ("--body-limit", "100", "--content-types", "json,hal", "--leave-out-credentials")
    assert wirelint("export", "envoy", "out", *words).code == 0
    text = Path("out/blocks.yaml").read_text(encoding="utf-8")
    (blocks,) = read(Path("out/blocks.yaml"))
    lines = lua_of(blocks["http_filters"][0]).splitlines()
    assert "local LIMIT = 100" in lines
    assert 'local TEXT = { "json", "hal" }' in lines
    (secret,) = (line for line in lines if line.startswith("local SECRET = "))
    assert all(f'["{name}"] = true' in secret for name in SECRETS)
    assert text.startswith("# Written by wirelint export. Envoy sends wirelint all fields")
    assert "Marks stand in place of credentials in fields. Query strings and bodies are sent as they are." in text
    assert "It is sent in plaintext" in text


@pytest.mark.parametrize("words", [("istio", "--namespace", "prod"), ("envoy-gateway", "--gateway", "edge")])
def test_the_filter_for_a_mesh_is_one_that_envoy_accepts(wirelint: Shell, words: tuple[str, ...]) -> None:
    assert wirelint("export", words[0], "out", *words[1:]).code == 0
    assert wirelint("export", "envoy", "plain").code == 0
    (whole,) = read(Path("plain/envoy.yaml"))
    manager = whole["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    if words[0] == "istio":
        envoy_filter, telemetry = read(Path("out/wirelint.yaml"))
        ((mesh),) = read(Path("out/mesh-config.yaml"))
        patches = envoy_filter["spec"]["configPatches"]
        assert {patch["match"]["context"] for patch in patches} == {"SIDECAR_INBOUND", "GATEWAY"}
        assert envoy_filter["metadata"]["namespace"] == telemetry["metadata"]["namespace"] == "prod"
        (provider,) = mesh["meshConfig"]["extensionProviders"]
        assert telemetry["spec"]["accessLogging"][0]["providers"] == [{"name": provider["name"]}]
        assert provider["envoyHttpAls"]["port"] == 9465
        manager["http_filters"][0] = patches[0]["patch"]["value"]
    else:
        policy, proxy = read(Path("out/wirelint.yaml"))
        assert policy["spec"]["targetRefs"][0]["name"] == "edge"
        (sink,) = proxy["spec"]["telemetry"]["accessLog"]["settings"][0]["sinks"]
        assert sink["als"]["backendRefs"] == [{"name": "wirelint", "namespace": "wirelint", "port": 9465}]
        manager["http_filters"][0]["typed_config"]["default_source_code"]["inline_string"] = policy["spec"]["lua"][0][
            "inline"
        ]
    file = Path("whole.json")
    file.write_text(json.dumps(whole))
    validate(file)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["envy", "out"], "wirelint export: nothing to export is called 'envy'; did you mean envoy?"),
        (["envoy", "out", "--upstream", "shop"], "wirelint export envoy: --upstream must be HOST:PORT as in"),
        (["envoy", "out", "--receiver-cert", "a"], "wirelint export envoy: --receiver-cert needs --receiver-key and"),
        (["envoy", "file"], "wirelint export envoy: 'DIR': Directory 'file' is a file."),
        (["istio", "out", "--receiver", "x"], "wirelint export istio: --receiver must be HOST:PORT as in"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(wirelint: Shell, words: list[str], message: str) -> None:
    wirelint.write("file", "")
    run = wirelint("export", *words)
    assert run.code == 2
    assert run.err.startswith(message)
    assert len(run.err.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_reported(wirelint: Shell) -> None:
    (wirelint.folder / "out" / "envoy.yaml").mkdir(parents=True)
    run = wirelint("export", "envoy", "out")
    assert (run.code, run.err) == (2, "wirelint export envoy: cannot write out/envoy.yaml: Is a directory\n")


def test_the_readme_writes_what_envoy_accepts(wirelint: Shell) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Behind Envoy")[2].partition("\n## ")[0]
    (line,) = (line for line in section.splitlines() if " export envoy " in line)
    program, *words = shlex.split(line)
    assert program == ".venv/bin/wirelint"
    assert wirelint(*words).code == 0
    (served,) = (word for line in section.splitlines() if "envoy -c " in line for word in line.split()[2:3])
    validate(Path(served))
