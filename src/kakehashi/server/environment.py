"""Typed readings of environment variables that fail loudly. Nothing here loads Django's applications."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language_info

KEY_FILE = "secret-key"
# The languages in which every sentence for readers is written, with their names in themselves.
COMPLETE = {"en": "English", "ja": "日本語", "ko": "한국어"}


def env(name: str, default: str = "") -> str:
    """The variable, or the contents of the file that NAME_FILE points at, or the default."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {file} is not text in UTF-8") from error
    return os.environ.get(name, default).strip()


def env_needed(name: str, because: str) -> str:
    """The variable, which must be there because another one is."""
    value = env(name)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set, because {because} is")
    return value


def env_beginning(prefix: str) -> dict[str, str]:
    """All variables of that beginning, by what follows it; NAME_FILE too."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix)}
    return {name.removeprefix(prefix): env(name) for name in names}


def env_bool(name: str, default: bool) -> bool:
    value = env(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def env_int(name: str, default: int) -> int:
    value = env(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def env_number(name: str, default: int, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    value = env_int(name, default)
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value}")
    return value


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env(name, default) or default
    if value not in choices:
        shown = ", ".join(choices[:12]) + (" …" if len(choices) > 12 else "")
        raise ImproperlyConfigured(f"{name} must be one of {shown}, not {value!r}")
    return value


def env_list(name: str) -> list[str]:
    """Comma-separated items; spaces around them do not count."""
    return [item.strip() for item in env(name).split(",") if item.strip()]


def env_ports(name: str, default: str) -> list[int]:
    """Comma-separated ports."""
    value = env(name, default) or default
    ports = [item.strip() for item in value.split(",")]
    if not all(item.isascii() and item.isdecimal() and 0 < int(item[:9]) < 65536 for item in ports):
        raise ImproperlyConfigured(f"{name} must be ports like 80,443, not {value!r}")
    return [int(item) for item in ports]


def env_languages(name: str, own: str) -> dict[str, str]:
    """The languages that a site offers, by code, with their names in themselves; `own` comes first, named or not."""
    named = env_list(name) or list(COMPLETE)
    for code in named:
        if code not in COMPLETE and code != own:
            raise ImproperlyConfigured(f"{name} must name languages among {', '.join(COMPLETE)}, not {code!r}")
    return {code: COMPLETE.get(code) or get_language_info(code)["name_local"] for code in dict.fromkeys([own, *named])}


def env_address(name: str, default: str) -> SplitResult:
    """The address of a whole site: scheme and host, perhaps a port, no path."""
    value = env(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.path or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(f"{name} must be like https://news.example, not {value!r}")
    return parts


def env_time_zone(name: str, default: str) -> str:
    value = env(name, default) or default
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{name} must be a time zone like Europe/Berlin, not {value!r}") from error
    return value


def data_directory() -> Path:
    """KAKEHASHI_DATA, absolute: the database, media, mail, collected static files and the secret key live in it."""
    return Path(env("KAKEHASHI_DATA", "kakehashi-data") or "kakehashi-data").expanduser().resolve()


def secret_key(data: Path) -> str:
    """KAKEHASHI_SECRET_KEY, or the one that `kakehashi init` wrote into the data directory, or nothing."""
    key = env("KAKEHASHI_SECRET_KEY")
    if key:
        return key
    file = data / KEY_FILE
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The secret key in {file} cannot be read: {error}") from error
