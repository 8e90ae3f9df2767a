"""Media in a bucket that speaks S3, through django-storages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from kakehashi.server.files import is_shown_in_place

CONNECT_SECONDS = 3
READ_SECONDS = 15
DAY_SECONDS = 24 * 60 * 60


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """A bucket that is away is what a disk that is away is: OSError, with which Wagtail draws a page without its picture."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise OSError(f"the media bucket does not serve: {error}") from error


class Bucket(S3Storage):
    """Addresses are plain and lasting, and making one asks nobody; a name is never used for a second content.

    Raises OSError where the bucket cannot be reached or refuses.
    """

    def get_default_settings(self) -> dict[str, Any]:
        return {
            **super().get_default_settings(),
            "file_overwrite": False,
            "querystring_auth": False,
            "object_parameters": {"CacheControl": f"public, max-age={DAY_SECONDS}"},
        }

    def __init__(self, **options: Any) -> None:
        config = Config(
            s3={"addressing_style": options.get("addressing_style")},
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
            # Many servers that speak S3 do not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, **options)

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_object_parameters(name)
        return parameters if is_shown_in_place(name) else {**parameters, "ContentDisposition": "attachment"}

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _as_os_error():
            opened = super()._open(name, mode)
            if "r" in mode:
                # The library fetches at the first read, where the error would be its own.
                _ = opened.file
            return opened

    def _save(self, name: str, content: Any) -> str:
        with _as_os_error():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _as_os_error():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _as_os_error():
            super().delete(name)

    def size(self, name: str) -> int:
        with _as_os_error():
            return int(super().size(name))
