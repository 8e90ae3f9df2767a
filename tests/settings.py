"""The site's own settings, in an environment that is the same on every machine.

KAKEHASHI_TEST_DATABASE is `sqlite` (default) or `postgresql`: then a temporary cluster is started for the run and shared
by its workers through DATABASE_URL.
"""

from __future__ import annotations

import atexit
import os
import tempfile

KIND = os.environ.get("KAKEHASHI_TEST_DATABASE", "sqlite")
if KIND not in {"sqlite", "postgresql"}:
    raise RuntimeError(f"KAKEHASHI_TEST_DATABASE must be sqlite or postgresql, not {KIND!r}")

if "PYTEST_XDIST_WORKER" not in os.environ:
    for name in [name for name in os.environ if name.startswith(("KAKEHASHI_", "DATABASE_URL", "EMAIL_"))]:
        if not name.startswith("KAKEHASHI_TEST_"):
            del os.environ[name]
    data = tempfile.TemporaryDirectory(prefix="kakehashi-test-")
    atexit.register(data.cleanup)
    os.environ["KAKEHASHI_DATA"] = data.name
    os.mkdir(os.path.join(data.name, "static"))
    os.environ["KAKEHASHI_SECRET_KEY"] = "a key that only the tests know"
    if KIND == "postgresql":
        from tests.postgres import temporary_cluster

        cluster = temporary_cluster()
        os.environ["DATABASE_URL"] = cluster.__enter__()
        atexit.register(cluster.__exit__, None, None, None)

from kakehashi.server.settings import *  # noqa: E402, F403

# Hashing is slow on purpose; here nobody attacks.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
# All that providers of log-ins bring; which of them are on, each test says.
INSTALLED_APPS = [
    *INSTALLED_APPS,  # noqa: F405
    *(f"allauth.socialaccount.providers.{kind}" for kind in ("apple", "facebook", "google", "openid_connect")),
]

# Searching in the admin is Wagtail's, and writing its index takes half the time of making a page.
WAGTAILSEARCH_BACKENDS = {"default": {**WAGTAILSEARCH_BACKENDS["default"], "AUTO_UPDATE": False}}  # noqa: F405
