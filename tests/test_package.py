"""The wheel, alone in an empty environment: it carries everything and serves a page."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from kakehashi import __version__
from tests.processes import ProcessSite

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"

pytestmark = [pytest.mark.slow, pytest.mark.once]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", directory)
    (built,) = directory.glob("*.whl")
    return built


def test_the_wheel_carries_everything_that_is_not_python(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    kinds = (
        "templates/**/*",
        "static/**/*",
        "locale/**/*.mo",
        "*/migrations/*.py",
        "archive/demo/content/**/*",
        "py.typed",
    )
    for kind in kinds:
        files = [
            file for file in (SOURCE / "kakehashi").glob(kind) if file.is_file() and "__pycache__" not in file.parts
        ]
        assert files, kind
        assert {str(file.relative_to(SOURCE)) for file in files} - packed == set()
    assert [name for name in packed if name.startswith(("tests/", "docs/"))] == []
    assert f"kakehashi-{__version__}.dist-info/licenses/LICENSE" in packed


def test_installed_alone_it_serves_a_page(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    run(sys.executable, "-m", "venv", place)
    pip = [place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--retries", "10"]
    run(*pip, "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    command = place / "bin" / "kakehashi"
    assert run(command, "--version", cwd=tmp_path) == f"kakehashi {__version__}\n"
    assert run(place / "bin" / "python", "-c", "import kakehashi; print(kakehashi.__file__)", cwd=tmp_path).startswith(
        str(place)
    )

    site = ProcessSite(tmp_path / "data", command=[str(command)])
    made = site.run("init", "--no-input", "--name", "The Empty Courier")
    assert made.returncode == 0, made.stderr
    with site.serve("--workers", "1") as address, urllib.request.urlopen(address) as page:
        text = page.read().decode()
        assert page.status == 200
        assert "The Empty Courier" in text
        sheet = text.split('<link rel="stylesheet" href="')[1].split('"')[0]
        assert urllib.request.urlopen(address + sheet).status == 200
