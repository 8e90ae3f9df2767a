"""Reading a Containerfile: its stages and their steps, with what was said in ARG put in."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.front import DEPLOY

FILE = DEPLOY / "container" / "Containerfile"
KNOWN = {
    "ARG", "CMD", "COPY", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One instruction and its words as they stand."""

    name: str
    words: str

    @property
    def options(self) -> dict[str, str]:
        """`--name=value` in front."""
        return dict(re.findall(r"--([\w-]+)=(\S+)", self.words))

    @property
    def arguments(self) -> list[str]:
        """The words without the options; a JSON list as its items, for a shell as `sh -c`."""
        rest = re.sub(r"^(--[\w-]+=\S+\s+)*", "", self.words).removeprefix("CMD").strip()
        if rest.startswith("["):
            return [str(word) for word in json.loads(rest)]
        return ["sh", "-c", rest] if self.name == "RUN" else shlex.split(rest)


@dataclass
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def all(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]

    def last(self, name: str) -> Step:
        return self.all(name)[-1]


def stages(file: Path = FILE) -> list[Stage]:
    """The stages in order. Raises ValueError for an instruction that is not known here."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[Stage] = []
    given: dict[str, str] = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        name, _, words = line.strip().partition(" ")
        if not name:
            continue
        if name not in KNOWN:
            raise ValueError(f"{name} is not known here")
        if name == "ARG":
            key, _, value = words.partition("=")
            given[key] = value
        elif name == "FROM":
            base, _, stage = words.partition(" AS ")
            found.append(Stage(re.sub(r"\$\{(\w+)\}", lambda match: given[match[1]], base), stage))
        else:
            found[-1].steps.append(Step(name, words.strip()))
    return found
