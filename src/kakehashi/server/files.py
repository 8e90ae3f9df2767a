"""Where pictures, documents and static files live, and which hosts readers fetch them from. Loads no part of Django's."""

from __future__ import annotations

import mimetypes
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from kakehashi.server.environment import env, env_address, env_choice

SHOWN_IN_PLACE = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
LOCAL = "django.core.files.storage.FileSystemStorage"
BUCKET = "kakehashi.server.bucket.Bucket"


def is_shown_in_place(name: str) -> bool:
    """Whether a browser may show the file; anything else is offered for saving, so that it cannot run on our pages."""
    return mimetypes.guess_type(name)[0] in SHOWN_IN_PLACE


def media_storage() -> dict[str, Any]:
    """Django's setting for the files that editors put in: a directory, or a bucket that speaks S3.

    Raises ImproperlyConfigured where the bucket is not named or the library for it is not installed.
    """
    if env_choice("KAKEHASHI_MEDIA_STORAGE", "local", ("local", "s3")) == "local":
        return {"BACKEND": LOCAL}
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured("KAKEHASHI_MEDIA_STORAGE is s3, which needs: pip install 'kakehashi[s3]'")
    name = env("AWS_STORAGE_BUCKET_NAME")
    if not name:
        raise ImproperlyConfigured("AWS_STORAGE_BUCKET_NAME must name the bucket when KAKEHASHI_MEDIA_STORAGE is s3")
    endpoint = env_address("AWS_S3_ENDPOINT_URL", "").geturl() if env("AWS_S3_ENDPOINT_URL") else ""
    region = env("AWS_S3_REGION_NAME")
    style = env_choice("AWS_S3_ADDRESSING_STYLE", "path" if endpoint else "virtual", ("path", "virtual"))
    scheme, domain = _public(name, endpoint=endpoint, region=region, style=style)
    options = {
        "bucket_name": name,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "addressing_style": style,
        # Without keys the library looks where the machine's own role would put them.
        "access_key": env("AWS_ACCESS_KEY_ID") or None,
        "secret_key": env("AWS_SECRET_ACCESS_KEY") or None,
        "location": env("AWS_LOCATION"),
        "url_protocol": scheme + ":",
        "custom_domain": domain,
    }
    return {"BACKEND": BUCKET, "OPTIONS": options}


def _public(name: str, *, endpoint: str, region: str, style: str) -> tuple[str, str]:
    """Scheme and the rest of the address under which readers find the bucket's files."""
    domain = env("AWS_S3_CUSTOM_DOMAIN").rstrip("/")
    if domain:
        if "://" in domain:
            raise ImproperlyConfigured(f"AWS_S3_CUSTOM_DOMAIN must be like media.news.example, not {domain!r}")
        return "https", domain
    place = urlsplit(endpoint or f"https://s3.{region}.amazonaws.com".replace("..", "."))
    return place.scheme, f"{place.netloc}/{name}" if style == "path" else f"{name}.{place.netloc}"


def media_host(storage: dict[str, Any]) -> list[str]:
    """The origin of pictures as a Content-Security-Policy names it; nothing where it is the site's own."""
    options = storage.get("OPTIONS")
    return [f"{options['url_protocol']}//{options['custom_domain'].partition('/')[0]}"] if options else []


def static_host() -> str:
    """KAKEHASHI_STATIC_HOST, the origin of a CDN that fetches `/static/` from here, or nothing."""
    return env_address("KAKEHASHI_STATIC_HOST", "").geturl() if env("KAKEHASHI_STATIC_HOST") else ""
