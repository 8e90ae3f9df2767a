"""Reads what is to be translated, and how it was: from the source, from .po files and from compiled .mo files."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# The positions of context, sentence and plural among the arguments.
ARGUMENTS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_LITERAL = r"u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\""
_CALL = re.compile(rf"(?<![\w])({'|'.join(ARGUMENTS)})\(\s*((?:(?:{_LITERAL})\s*,?\s*)+)")
_FIELD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")')


@dataclass(frozen=True)
class Sentence:
    """What is translated; `plural` is empty for what is not counted."""

    text: str
    plural: str = ""
    context: str = ""


@dataclass(frozen=True)
class Translation:
    forms: tuple[str, ...]
    is_fuzzy: bool = False


def read_po(path: Path) -> dict[Sentence, Translation]:
    """All entries of a catalogue in source form; its header is the translation of the empty sentence."""
    return dict(_entry(block) for block in path.read_text(encoding="utf-8").strip().split("\n\n"))


def _entry(block: str) -> tuple[Sentence, Translation]:
    fields: dict[str, str] = {}
    name = ""
    flags = ""
    for line in block.splitlines():
        if line.startswith("#"):
            flags += line if line.startswith("#,") else ""
        elif match := _FIELD.fullmatch(line):
            name = match[1]
            fields[name] = ast.literal_eval(match[2])
        else:
            fields[name] += ast.literal_eval(line)
    sentence = Sentence(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
    forms = tuple(text for key, text in sorted(fields.items()) if key.startswith("msgstr"))
    return sentence, Translation(forms, "fuzzy" in flags)


def read_mo(path: Path) -> dict[Sentence, Translation]:
    """All entries of a compiled catalogue, as GNU gettext lays them out."""
    data = path.read_bytes()
    magic, _version, count, originals, translations = struct.unpack_from("<5I", data)
    assert magic == 0x950412DE

    def text(table: int, n: int) -> str:
        length, start = struct.unpack_from("<2I", data, table + 8 * n)
        return data[start : start + length].decode()

    found = {}
    for n in range(count):
        context, mark, rest = text(originals, n).rpartition("\x04")
        singular, _, plural = rest.partition("\0")
        found[Sentence(singular, plural, context if mark else "")] = Translation(
            tuple(text(translations, n).split("\0"))
        )
    return found


def sentences_of_source(package: Path) -> set[Sentence]:
    """Every sentence that the Python files and templates of `package` mark for translation."""
    found: set[Sentence] = set()
    for file in package.rglob("*"):
        if file.suffix == ".py" and "migrations" not in file.parts:
            found.update(_sentences_of_python(file.read_text(encoding="utf-8")))
        elif file.suffix in {".html", ".txt"} and "templates" in file.parts:
            found.update(_sentences_of_template(file.read_text(encoding="utf-8")))
    return found


def _sentences_of_python(source: str) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ARGUMENTS:
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            yield _sentence(node.func.id, [text for text in texts if isinstance(text, str)])


def _sentences_of_template(source: str) -> Iterator[Sentence]:
    for match in _CALL.finditer(templatize(source)):
        yield _sentence(match[1], [ast.literal_eval(literal) for literal in re.findall(_LITERAL, match[2])])


def _sentence(function: str, texts: list[str]) -> Sentence:
    context, text, plural = ARGUMENTS[function]
    return Sentence(texts[text], "" if plural is None else texts[plural], "" if context is None else texts[context])
