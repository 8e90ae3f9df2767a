"""Builds and runs the container file without a container engine: `make container-check`, as root.

Each stage is a throw-away copy of this machine's file system in a mount namespace (so the base image is what this machine
is, with this Python); every instruction is carried out in it, and the last stage's command runs as its user in a network
of its own until its health check is content. What this cannot show is the base image itself.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.deploy.containerfile import Stage, Step, stages

ROOT = Path(__file__).parents[2]
SEARCH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
START_SECONDS = 180
STOP_SECONDS = 60
LOOPBACK_UP = (
    "import fcntl, socket, struct; s = socket.socket(); "
    "fcntl.ioctl(s, 0x8914, struct.pack('16sH14x', b'lo', 0x1 | 0x40))"
)


class Image:
    """A stage while it is built: its file system, variables, directory and user."""

    def __init__(self, stage: Stage, place: Path) -> None:
        self.stage = stage
        self.root = place / "root"
        self.variables = {"PATH": SEARCH, "HOME": "/root"}
        self.directory, self.user = "/", "0:0"
        for name in ("upper", "work", "root"):
            (place / name).mkdir(parents=True)
        layers = f"lowerdir=/,upperdir={place}/upper,workdir={place}/work"
        mount("-t", "overlay", "overlay", "-o", layers, str(self.root))
        mount("-t", "proc", "proc", f"{self.root}/proc")
        self._make_devices()
        mount("-t", "tmpfs", "tmpfs", f"{self.root}/tmp")
        self._become_base()

    def _make_devices(self) -> None:
        """The harmless ones, and none of this machine's own."""
        mount("-t", "tmpfs", "tmpfs", f"{self.root}/dev")
        for name, number in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(self.root / "dev" / name, 0o666 | stat.S_IFCHR, os.makedev(1, number))
            (self.root / "dev" / name).chmod(0o666)
        (self.root / "dev" / "shm").mkdir(mode=0o1777)
        (self.root / "dev" / "fd").symlink_to("/proc/self/fd")

    def _become_base(self) -> None:
        """What an image of Python has: `python` and `pip` on the path, readable by everybody."""
        for name in ("data", "opt/kakehashi", "wheels", "source"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        for parent in python.parents:
            inside = self.root / parent.relative_to("/")
            inside.chmod(inside.stat().st_mode | 0o555)
        # Not links: Python would look for its library beside them.
        for name, words in (("python", str(python)), ("python3", str(python)), ("pip", f"{python} -m pip")):
            file = self.root / "usr/local/bin" / name
            file.unlink(missing_ok=True)
            file.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            file.chmod(0o755)

    def carry_out(self, step: Step, built: dict[str, Image]) -> None:
        """One instruction. Raises CalledProcessError."""
        print(f"   {step.name} {step.words}", flush=True)
        if step.name == "ENV":
            name, _, value = step.words.partition("=")
            self.variables[name] = value
        elif step.name == "WORKDIR":
            self.directory = step.words
            (self.root / step.words[1:]).mkdir(parents=True, exist_ok=True)
        elif step.name == "USER":
            self.user = step.words
        elif step.name == "COPY":
            self._copy(step, built)
        elif step.name == "RUN":
            subprocess.run(self.command(step.arguments), env=self._building(), check=True)

    def _copy(self, step: Step, built: dict[str, Image]) -> None:
        *sources, target = step.arguments
        start = built[step.options["from"]].root if "from" in step.options else ROOT
        into = self.root / os.path.join(self.directory, target)[1:]
        for source in sources:
            found = start / source.lstrip("/")
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__") if start == ROOT else None
                shutil.copytree(found, into, symlinks=True, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy2(found, into)

    def _building(self) -> dict[str, str]:
        """The variables, and where this machine's pip finds packages."""
        return {**{name: value for name, value in os.environ.items() if name.startswith("PIP_")}, **self.variables}

    def command(self, words: list[str]) -> list[str]:
        """The words as they run inside, as its user in its directory."""
        enter = [shutil.which("chroot") or "/usr/sbin/chroot", f"--userspec={self.user}", "--groups=", str(self.root)]
        return [*enter, "sh", "-c", f'cd {self.directory} && exec "$@"', "sh", *words]


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def build(place: Path) -> Image:
    built: dict[str, Image] = {}
    for number, stage in enumerate(stages()):
        print(f"==> Stage {number + 1}: {stage.base}, played by this machine", flush=True)
        image = Image(stage, place / str(number))
        for step in stage.steps:
            image.carry_out(step, built)
        built[stage.name] = image
    return image


def run(image: Image) -> None:
    """Start the command, wait until the health check is content, read a page, ask it to end. Raises AssertionError."""
    stage = image.stage
    print("==> Running its command in a network of its own", flush=True)
    subprocess.run([sys.executable, "-c", LOOPBACK_UP], check=True)
    environment = {**image.variables, "SERVE_OPTIONS": "--workers 1"}
    process = subprocess.Popen(image.command(stage.last("CMD").arguments), env=environment)
    check = image.command(stage.last("HEALTHCHECK").arguments)
    try:
        until = time.monotonic() + START_SECONDS
        while subprocess.run(check, env=environment, check=False, stderr=subprocess.DEVNULL).returncode:
            assert process.poll() is None, "the command ended"
            assert time.monotonic() < until, "the health check was never content"
            time.sleep(1)
        page = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/').read(60))"
        subprocess.run(image.command(["python", "-c", page]), env=environment, check=True)
        owner = (image.root / "data" / "kakehashi.sqlite3").stat().st_uid
        assert str(owner) == image.user.partition(":")[0]
        process.send_signal(signal.SIGTERM)
        status = process.wait(STOP_SECONDS)
        assert status == 0, f"it ended with {status}"
    finally:
        process.kill()
    print("==> It was built, ran as its user, was healthy and ended in order", flush=True)


def leave_network() -> None:
    """Into a network that has nothing but a loopback of its own (CLONE_NEWNET)."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "no network of its own")


def main() -> int:
    if os.geteuid() != 0:
        print("make: container-check needs root, for namespaces", file=sys.stderr)
        return 1
    if "--inside" in sys.argv:
        place = Path(sys.argv[-1])
        mount("-t", "tmpfs", "tmpfs", str(place))
        image = build(place)
        leave_network()
        run(image)
        return 0
    # What is mounted there is seen by the process inside alone and goes with it: on this side the directory stays empty.
    empty = tempfile.mkdtemp()
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command = [*inside, sys.executable, "-m", "tests.deploy.build", "--inside", empty]
    status = subprocess.run(command, check=False).returncode
    os.rmdir(empty)
    return status


if __name__ == "__main__":
    sys.exit(main())
