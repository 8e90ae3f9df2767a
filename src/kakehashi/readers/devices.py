"""What a browser says of itself, in two words: enough to tell one's own devices apart, too little to tell people apart."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first that is found; those that also call themselves by another's name come before it.
BROWSERS = [
    ("edge", "Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("opera", "Opera", ("OPR/", "Opera")),
    ("samsung", "Samsung Internet", ("SamsungBrowser/",)),
    ("firefox", "Firefox", ("Firefox/", "FxiOS/")),
    ("chrome", "Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", "Safari", ("Safari/",)),
]
SYSTEMS = [
    ("iphone", "iPhone", ("iPhone",)),
    ("ipad", "iPad", ("iPad",)),
    ("android", "Android", ("Android",)),
    ("windows", "Windows", ("Windows",)),
    ("mac", "Mac", ("Macintosh", "Mac OS X")),
    ("chromeos", "ChromeOS", ("CrOS",)),
    ("linux", "Linux", ("Linux", "X11")),
]


def device_of(user_agent: str) -> str:
    """Such as `firefox/linux`; either part may be empty."""
    return f"{_first(BROWSERS, user_agent)}/{_first(SYSTEMS, user_agent)}"


def device_words(device: str) -> str:
    browser, _slash, system = device.partition("/")
    names = {key: name for key, name, _marks in (*BROWSERS, *SYSTEMS)}
    if browser in names and system in names:
        return _("%(browser)s on %(system)s") % {"browser": names[browser], "system": names[system]}
    return names.get(browser) or names.get(system) or _("A browser that does not say its name")


def _first(kinds: list[tuple[str, str, tuple[str, ...]]], user_agent: str) -> str:
    return next((key for key, _name, marks in kinds if any(mark in user_agent for mark in marks)), "")
