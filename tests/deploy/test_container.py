"""The container file and the compose file, read; `make container-check` also runs each step, in namespaces."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from kakehashi.server.cli.group import COMMANDS
from kakehashi.server.cli.serving import serve
from tests.deploy.containerfile import FILE, stages
from tests.deploy.front import DEPLOY
from tests.server.test_settings import variables_read

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
PLAIN_NAME = re.compile(r"[a-z0-9-]+(:[\w.-]+)?")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text(encoding="utf-8"))
    return read


def test_bases_have_a_plain_name_and_a_python_that_we_support() -> None:
    wanted = re.search(r'requires-python = "(.+?)"', (ROOT / "pyproject.toml").read_text())
    assert wanted
    for stage in stages():
        assert PLAIN_NAME.fullmatch(stage.base)
        version = re.fullmatch(r"python:(\d+\.\d+)-slim", stage.base)
        assert version
        assert SpecifierSet(wanted[1]).contains(version[1])


def test_what_is_copied_is_there_and_sent_along() -> None:
    build, last = stages()
    ignored = FILE.with_name("Containerfile.dockerignore").read_text().split()
    for step in build.all("COPY"):
        for source in step.arguments[:-1]:
            assert (ROOT / source).exists()
            assert f"!{source}" in ignored
    assert ignored[0] == "*"
    for step in last.all("COPY"):
        assert step.options["from"] == build.name
        assert any(step.arguments[0] in run.words for run in build.all("RUN"))


def test_it_runs_as_nobody_special_and_says_how_it_is() -> None:
    last = stages()[-1]
    user = last.last("USER").words
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    number = user.partition(":")[0]
    assert any(f"--uid {number} " in run.words for run in last.all("RUN"))
    [volume] = [step.words for step in last.all("VOLUME")]
    assert f"KAKEHASHI_DATA={volume}" in [step.words for step in last.all("ENV")]
    assert last.last("STOPSIGNAL").words == "SIGTERM"
    code = last.last("HEALTHCHECK").arguments[-1]
    assert "/healthz" in code
    compile(code, "HEALTHCHECK", "exec")


def test_its_command_is_one_that_there_is() -> None:
    last = stages()[-1]
    shell = last.last("CMD").arguments
    assert shell[:2] == ["sh", "-c"]
    assert subprocess.run(["sh", "-n", "-c", shell[2]], check=False).returncode == 0
    words = re.findall(r"kakehashi (\w+)((?: --[\w-]+)*)", shell[2])
    assert [name for name, _ in words] == ["init", "serve"]
    assert {name for name, _ in words} <= set(COMMANDS)
    options = {option for parameter in serve.params for option in parameter.opts}
    assert set(words[1][1].split()) <= options
    assert f":{last.last('EXPOSE').words}/" in last.last("HEALTHCHECK").arguments[-1]


def test_the_composed_house_fits_together() -> None:
    house = compose()
    services = house["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", [])) <= set(services), name
        assert set(service.get("secrets", [])) <= set(house["secrets"]), name
        assert set(service.get("networks", [])) <= set(house["networks"]), name
        named = {volume.partition(":")[0] for volume in service.get("volumes", []) if volume[0] not in "./"}
        assert named <= set(house["volumes"]), name
        bound = [volume.partition(":")[0] for volume in service.get("volumes", []) if volume.startswith("../")]
        assert all((DEPLOY / "container" / path).exists() for path in bound)
        assert PLAIN_NAME.fullmatch(service["image"]), name
    for name in ("web-1", "web-2", "worker"):
        settings = {re.sub("_FILE$", "", key) for key in services[name]["environment"]}
        assert settings <= variables_read()
        context = (DEPLOY / "container" / services[name]["build"]["context"]).resolve()
        assert (context / services[name]["build"]["dockerfile"]) == FILE
    assert services["worker"]["command"] == ["kakehashi", "worker"]


def test_its_nginx_has_the_file_for_nginx_with_both_servers() -> None:
    command = compose()["services"]["nginx"]["command"][-1]
    edit = command.partition(" > ")[0].replace("/kakehashi.conf", str(DEPLOY / "nginx" / "kakehashi.conf"))
    edited = subprocess.run(["sh", "-c", edit], capture_output=True, text=True, check=True).stdout
    servers = re.findall(r"^    server ([\w.:-]+) ", edited, re.MULTILINE)
    assert servers == ["web-1:8000", "web-2:8000"]
