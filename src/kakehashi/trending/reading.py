"""Takes another site's feed apart: JSON Feed, Atom or RSS, bytes in, titles and addresses out. Pure.

Nothing that comes from outside is believed: titles become one line of plain text, addresses must be of the web, and only as
much is read as is wanted.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

from kakehashi.lib import text
from kakehashi.lib.errors import DomainError

JSON_TYPES = ("application/feed+json", "application/json")
XML_TYPES = ("application/atom+xml", "application/rss+xml", "application/xml", "text/xml", "application/rdf+xml")
TYPES = JSON_TYPES + XML_TYPES

LONGEST_TITLE = 160
LONGEST_ADDRESS = 2000
# Items that are looked at, good or not, before the rest is left unread.
MOST_ITEMS = 200
_UNWRITABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"'`{}|^\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")
_ATOM = "{http://www.w3.org/2005/Atom}"


class BadFeed(DomainError):
    """What came is no feed, or one without a story."""

    status = 502
    default_code = "bad-feed"


class Entry(NamedTuple):
    title: str
    address: str


def read_feed(body: bytes, *, content_type: str, charset: str, url: str, number: int) -> list[Entry]:
    """The first so many stories of the feed that came from `url`, each address once. Raises BadFeed."""
    items = _json_items(body) if content_type in JSON_TYPES else _xml_items(body, charset)
    found: dict[str, Entry] = {}
    for looked_at, (title, address) in enumerate(items):
        if len(found) >= number or looked_at >= MOST_ITEMS:
            break
        entry = Entry(text.plain_line(title, LONGEST_TITLE), _web_address(url, address))
        if entry.title and entry.address:
            found.setdefault(entry.address, entry)
    if not found:
        raise BadFeed(_("There is no story in the feed."))
    return list(found.values())


def _web_address(base: str, written: str) -> str:
    """The address of a web page, whole; "" for anything else."""
    written = written.strip()
    if not written:
        return ""
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        is_good = is_good and parts.port != 0
    except ValueError:
        return ""
    return address if is_good and len(address) <= LONGEST_ADDRESS and not _UNWRITABLE.search(address) else ""


def _json_items(body: bytes) -> Iterator[tuple[str, str]]:
    """(title, address) of each item that says something of the kind. Raises BadFeed."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadFeed(_("This is not a feed: it cannot be read as JSON.")) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/1"):
        raise BadFeed(_("This is not a feed: there is no list of stories in it."))
    for item in items:
        if isinstance(item, dict):
            words = [item.get(name) for name in ("title", "summary", "content_text")]
            address = item.get("url") or item.get("external_url")
            yield next((word for word in words if isinstance(word, str) and word.strip()), ""), _str(address)


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _xml_items(body: bytes, charset: str) -> Iterator[tuple[str, str]]:
    """As `_json_items`, of Atom and of all kinds of RSS; as the document says that it is encoded, else as the header says."""
    says_itself = body[:100].lstrip().startswith(b"<?xml") and b"encoding" in body[:200].partition(b"?>")[0]
    says_itself = says_itself or body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = None if says_itself else charset
    root = ""
    try:
        parser = ElementTree.DefusedXMLParser(encoding=encoding or None)
        for event, element in ElementTree.iterparse(BytesIO(body), events=("start", "end"), parser=parser):
            name = _local(element)
            root = root or name
            if root not in {"feed", "rss", "rdf"}:
                raise BadFeed(_("This is not a feed: there is no list of stories in it."))
            if event == "end" and name in {"entry", "item"}:
                yield _title(element), _link(element)
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise BadFeed(_("This is not a feed: it cannot be read as XML.")) from error


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _title(element: Element) -> str:
    for child in element:
        if _local(child) == "title":
            # Atom's xhtml has elements inside.
            return "".join(child.itertext())
    return ""


def _link(element: Element) -> str:
    """Atom's `alternate`, or RSS's."""
    guid = ""
    for child in element:
        name = _local(child)
        if name == "link" and child.tag.startswith(_ATOM):
            if child.get("rel", "alternate") == "alternate" and child.get("href"):
                return child.get("href", "")
        elif name == "link" and (child.text or "").strip():
            return child.text or ""
        elif name == "guid" and child.get("isPermaLink", "true") == "true":
            guid = child.text or ""
    return guid
