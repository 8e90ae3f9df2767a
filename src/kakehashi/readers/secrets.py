"""Secrets of second factors are encrypted in the database, so that a stolen copy of it opens no account."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes

# Length of a one-time-code secret in bytes (RFC 4226, section 4, R6).
SECRET_BYTES = 20


def _keys() -> MultiFernet:
    """One key from each secret key of the site, the present one first."""
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    hashlib.blake2b(force_bytes(key), digest_size=32, person=b"second factor").digest()
                )
            )
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def seal(secret: str) -> str:
    """The secret as it may be stored."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret that was sealed; after the site's secret key was lost, a random one, so that no code fits."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
