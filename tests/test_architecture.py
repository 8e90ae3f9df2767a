"""The house rules of docs/architecture.md and CONTRIBUTING.md, held by machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation import actions
from kakehashi.moderation.models import (
    Appeal,
    Decision,
    Flag,
    LegalNotice,
    ModelVersion,
    NoticeBar,
    PolicyVersion,
    Report,
    Word,
)
from kakehashi.readers.actions.roles import apply_role
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_front, a_reader
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "kakehashi"
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
LONGEST_FILE = 800
STAFF_PREFIXES = ("admin/", "moderation/")
# Doors that a person without an account of the staff's must be able to try.
OPEN_TO_ALL = {"wagtailadmin_login", "wagtailadmin_logout", "wagtailadmin_javascript_catalog", "wagtailadmin_sprite"}
# Steps of other actions, in whose transaction they run; what they take needs no name.
STEPS = {"readers.claim_name", "comments.thread_for"}


def committed_files() -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.fail(f"The tests run in a clone, with git: {listed.stderr}")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def texts(files: list[Path]) -> Iterator[tuple[Path, str]]:
    for file in files:
        try:
            yield file.relative_to(ROOT), file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.once
def test_imports_point_down() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.once
def test_no_file_of_source_or_tests_is_too_long() -> None:
    sources = [file for file in committed_files() if file.suffix == ".py" and "migrations" not in file.parts]
    lengths = {path: text.count("\n") for path, text in texts(sources)}
    assert len(lengths) > 50
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.once
def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "common", "services", "helpers", "misc", "signals"}
    assert [path for path in PACKAGE.rglob("*") if path.stem in drawers and path.suffix in {"", ".py"}] == []


@pytest.mark.once
def test_no_committed_file_names_a_package_index_or_somebodys_directory() -> None:
    hosts = "|".join(["pypi" + r"\.org", "files.python" + "hosted", "deb" + r"\.debian\.org", "registry" + r"\.npmjs"])
    options = "--" + "index-url|--" + "extra-index-url|--" + "find-links|--" + "trusted-host"
    forbidden = re.compile(rf"{hosts}|^\s*(?:{options})|/(?:home|root|work)/\w+/", re.MULTILINE)
    found = [
        (str(path), match.group()) for path, text in texts(committed_files()) for match in forbidden.finditer(text)
    ]
    assert found == []


@pytest.mark.once
def test_templates_carry_no_inline_script_or_style() -> None:
    forbidden = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:"
    )
    pages = [template for template in TEMPLATES if "mail" not in template.parts]
    assert len(pages) > 10
    found = [(str(path), match.group()) for path, text in texts(pages) for match in forbidden.finditer(text)]
    assert found == []


@pytest.mark.once
def test_every_form_that_posts_carries_its_token() -> None:
    form = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.IGNORECASE | re.DOTALL)
    forms = [(str(path), match.group()) for path, text in texts(TEMPLATES) for match in form.finditer(text)]
    assert len(forms) > 5
    assert [path for path, text in forms if "csrf_token" not in text] == []


@pytest.mark.once
def test_tests_that_commit_bring_back_what_the_others_need() -> None:
    """One that does not leaves tables behind that Django has half filled anew: the next one to restore them fails."""
    commits = re.compile(r"transaction=True(?!, serialized_rollback=True)|(?<!rollback: None, )transactional_db: None")
    tests = [path for path in committed_files() if path.suffix == ".py" and "tests" in path.relative_to(ROOT).parts]
    here = Path(__file__).relative_to(ROOT)
    found = [
        (str(path), match.group()) for path, text in texts(tests) for match in commits.finditer(text) if path != here
    ]
    assert found == []


def public_functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.once
def test_every_action_takes_its_arguments_by_name() -> None:
    """Exported by a room's `actions`, and a write: what only computes stands in rules, queries or a module beside."""
    found = []
    for room in PACKAGE.iterdir():
        actions = room / "actions"
        files = list(actions.glob("*.py")) if actions.is_dir() else [room / "actions.py"]
        exported = _exported(actions / "__init__.py") if actions.is_dir() else None
        for file in files:
            if not file.exists():
                continue
            for function in public_functions(ast.parse(file.read_text(encoding="utf-8"))):
                is_action = exported is None or function.name in exported
                if is_action and (function.args.args or function.args.posonlyargs):
                    found.append(f"{room.name}.{function.name}")
    assert set(found) - STEPS == set()


def _exported(init: Path) -> set[str]:
    tree = ast.parse(init.read_text(encoding="utf-8"))
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def addresses(resolver: URLResolver, prefix: str = "", value: str = "1") -> Iterator[tuple[str, str]]:
    """(address with `value` for each of its parts, name of the view) for every pattern below `resolver`."""
    for entry in resolver.url_patterns:
        part = _sample(str(entry.pattern), value)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, prefix + part, value)
        elif isinstance(entry, URLPattern):
            yield prefix + part, entry.name or ""


# Regular expressions may name groups inside groups.
PARTS = (r"\(\?P<[^>]+>(?:[^()]|\([^()]*\))*\)", r"<(?:int|slug|str|uuid|path)?:?[^>]*>", r"\((?:\?:)?[^()]*\)")


def _sample(pattern: str, value: str) -> str:
    for expression in PARTS:
        pattern = re.sub(expression, value, pattern)
    return re.sub(r"[\^$\\?]", "", pattern)


def staff_addresses() -> list[tuple[str, str]]:
    return sorted({(path, name) for path, name in addresses(get_resolver()) if path.startswith(STAFF_PREFIXES)})


@pytest.mark.django_db
def test_every_address_of_the_staff_is_guarded() -> None:
    guarded = [(path, name) for path, name in staff_addresses() if name not in OPEN_TO_ALL]
    assert len(guarded) > 100
    nobody, reader = Client(raise_request_exception=False), Client(raise_request_exception=False)
    reader.force_login(a_reader())
    assert [(path, name) for path, name in guarded if not _is_shut(nobody.get(f"/{path}"))] == []
    assert [(path, name) for path, name in guarded if not _is_shut(reader.get(f"/{path}"))] == []
    assert [(path, name) for path, name in guarded if not _is_shut(reader.post(f"/{path}"))] == []


def _is_shut(answer: Any) -> bool:
    """Absent, or sent to log in."""
    return answer.status_code == 404 or (answer.status_code == 302 and "/login/" in answer["Location"])


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR])
def test_no_address_of_the_staff_opens_without_the_second_factor(role: str) -> None:
    """Neither to those who have none, nor to a log-in that has not shown the one they have."""
    guarded = [(path, name) for path, name in staff_addresses() if name not in OPEN_TO_ALL]
    staff = a_reader(role=role)
    client = Client(raise_request_exception=False)
    client.force_login(staff)
    apply_role(staff, role)
    for has_one in (False, True):
        if has_one:
            Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
        assert [path for path, _name in guarded if not _asks_for_more(client.get(f"/{path}"))] == []
        assert [path for path, _name in guarded if not _asks_for_more(client.post(f"/{path}"))] == []


def _asks_for_more(answer: Any) -> bool:
    """Absent, refused, or sent to show the second factor."""
    return answer.status_code in (403, 404) or (
        answer.status_code == 302 and answer["Location"].startswith(("/account/2fa/", "/account/login/"))
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "number"), [(Role.MODERATOR, 5), (Role.EDITOR, 30), (Role.ADMINISTRATOR, 40)])
def test_the_guard_lets_the_staff_in(role: str, number: int) -> None:
    """Otherwise a wall across the whole prefix would pass the tests above."""
    a_front()
    staff, client = a_reader(role=role), Client(raise_request_exception=False)
    apply_role(staff, role)
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(staff)
    answers = [client.get(f"/{path}") for path, _name in staff_addresses()]
    assert sum(answer.status_code == 200 for answer in answers) >= number
    assert not any(answer.get("Location", "").startswith("/account/2fa/") for answer in answers)


@pytest.fixture
def told() -> dict[str, str]:
    """What was said to the staff or by them and is nobody else's to read, by whom it concerns."""
    a_front()
    ana, fay = a_reader("Ana"), a_reader("Fay")
    held = a_comment(author=ana, source="Unspeakable", state=CommentState.HELD)
    removed = a_comment(held.thread, author=ana, source="Unthinkable")
    actions.flag_comment(reader=fay, comment=removed, rule=a_rule().number, words="Fay has flagged it")
    LegalNotice.objects.create(
        reference="AAAA-BBBB-CCCC", place="/", comment=removed, explanation="Nora has noticed", name="Nora Notifier",
        email="nora@example.org", is_in_good_faith=True,
    )  # fmt: skip
    removal = a_removal(removed, by=a_moderator("Mo Unmistakable"), ground=a_ground(explanation="Reasons for Ana"))
    appeal = actions.file_appeal(reader=ana, decision=removal, words="Ana objects")
    ids = {one.pk for one in (held, removed, held.thread, held.thread.story, removal, appeal, ana, fay)}
    return {"ids": " ".join(str(one) for one in sorted(ids))}


SECRETS = {
    "author": ("Fay has flagged it", "Nora", "nora@example.org", "Mo Unmistakable"),
    "others": (
        "Unspeakable",
        "Unthinkable",
        "Fay has",
        "Nora",
        "nora@example.org",
        "Unmistakable",
        "Reasons for Ana",
        "Ana objects",
    ),
}


def answers(client: Client, told: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """What each address of the site answers, with the number of each of these rows in each of its places."""
    paths = {path for value in told["ids"].split() for path, _name in addresses(get_resolver(), value=value)}
    for path in sorted(path for path in paths if not path.startswith(("admin/", "account/logout"))):
        answer = client.get(f"/{path}")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        yield path, body.decode(errors="replace")


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "flagger", "author", "unproven"])
def test_no_address_tells_whom_it_does_not_concern(told: dict[str, str], who: str) -> None:
    """Held and removed words, reports, notices, reasons and objections; nor to the author who decided or reported."""
    client = Client()
    if who == "unproven":
        client.force_login(a_reader("Una", role=Role.ADMINISTRATOR))
    elif who != "nobody":
        client.force_login(Reader.objects.get(name={"flagger": "Fay", "author": "Ana"}[who]))
    secrets = [
        one for one in SECRETS["author" if who == "author" else "others"] if who != "flagger" or "Fay" not in one
    ]
    count = 0
    for path, body in answers(client, told):
        count += 1
        assert [one for one in secrets if one in body] == [], path
    assert count > 200


@pytest.mark.once
@pytest.mark.django_db
def test_no_address_that_is_only_read_decides_anything(told: dict[str, str]) -> None:
    """Nor breaks, whatever number stands in it."""
    client = Client()
    client.force_login(a_moderator("Chief", role=Role.ADMINISTRATOR))

    def facts() -> list[Any]:
        rows = (Decision, Appeal, Flag, LegalNotice, NoticeBar, PolicyVersion, Report, Word, ModelVersion)
        states = Comment.objects.order_by("pk").values_list("state", "up", "down")
        readers = Reader.objects.order_by("pk").values_list("role", "suspended_until", "warned_at", "is_active")
        settled = Appeal.objects.values_list("state"), Flag.objects.values_list("outcome")
        return [*(row.objects.count() for row in rows), list(states), list(readers), *map(list, settled)]

    before = facts()
    assert sum(1 for _answer in answers(client, told)) > 200
    assert facts() == before


@pytest.mark.once
@pytest.mark.django_db
def test_no_address_of_the_staff_breaks_on_an_empty_form(told: dict[str, str]) -> None:
    client = Client()
    client.force_login(a_moderator("Chief", role=Role.ADMINISTRATOR))
    for value in told["ids"].split():
        for path, _name in addresses(get_resolver(), value=value):
            if path.startswith("moderation/"):
                assert client.post(f"/{path}").status_code < 500, path
