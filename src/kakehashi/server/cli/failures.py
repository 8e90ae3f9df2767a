"""What can go wrong without anybody's program being at fault, said in a sentence."""

from __future__ import annotations

import errno
import sys


def explain(error: BaseException) -> str | None:
    """The sentence for a failure that a person can mend; None for a fault of ours, which keeps its traceback."""
    if _is(error, "kakehashi.lib.errors", "DomainError"):
        return str(error)
    if _is(error, "django.core.exceptions", "ImproperlyConfigured"):
        return _improperly_configured(str(error))
    if _is(error, "django.core.management.base", "CommandError"):
        return str(error)
    if _is(error, "django.db.utils", "DatabaseError") or _is(error, "django.db.utils", "InterfaceError"):
        return _database(str(error).strip())
    if isinstance(error, OSError):
        return _operating_system(error)
    return None


def _is(error: BaseException, module: str, name: str) -> bool:
    """isinstance against a class whose module may not have been loaded (then the error cannot be one of it)."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, getattr(loaded, name))


def _improperly_configured(message: str) -> str:
    if "SECRET_KEY" in message and "must not be empty" in message:
        return "There is no secret key: run `kakehashi init`, or set KAKEHASHI_SECRET_KEY."
    return message


def _database(message: str) -> str:
    first = message.splitlines()[0] if message else "no reason given"
    if "no such table" in message or "does not exist" in message:
        return f"The database is not set up ({first}). Run `kakehashi init`."
    if "disk is full" in message or "No space left" in message:
        return f"The disk is full: {first}. Make room and run the command again."
    if "unable to open database file" in message or "readonly database" in message:
        return (
            f"The database file cannot be used ({first}). Check KAKEHASHI_DATA and who owns it; see `kakehashi check`."
        )
    return f"The database cannot be used: {first}. Check DATABASE_URL and whether the server runs."


def _operating_system(error: OSError) -> str | None:
    where = f" ({error.filename})" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full{where}. Make room and run the command again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"This user may not write or read there{where}: {error.strerror}."
        case errno.ENOENT | errno.ENOTDIR | errno.EISDIR | errno.EEXIST | errno.ENAMETOOLONG:
            return f"{error.strerror}{where}."
    return None
