"""Every setting, from environment variables only; docs/operations.md lists them and a test compares the two."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Any

import dj_database_url
from django.conf.global_settings import LANGUAGES
from django.core.exceptions import ImproperlyConfigured

from kakehashi.server.environment import (
    data_directory,
    env,
    env_address,
    env_beginning,
    env_bool,
    env_choice,
    env_int,
    env_languages,
    env_list,
    env_needed,
    env_number,
    env_ports,
    env_time_zone,
    secret_key,
)
from kakehashi.server.files import media_host, media_storage, static_host
from kakehashi.server.log_lines import log_lines
from kakehashi.server.providers import login_providers
from kakehashi.server.timetable import KAKEHASHI_LONG_TASKS, KAKEHASHI_TASKS  # noqa: F401

PACKAGE = Path(__file__).resolve().parent.parent

# Where everything lives -------------------------------------------------------------------------------------------

DATA = data_directory()
_base = env_address("KAKEHASHI_BASE_URL", "http://127.0.0.1:8000")
BASE_URL = _base.geturl()
IS_HTTPS = _base.scheme == "https"
KAKEHASHI_BASE_URL = BASE_URL

# Empty until `kakehashi init` has run; Django refuses to sign anything without it.
SECRET_KEY = secret_key(DATA)
DEBUG = env_bool("KAKEHASHI_DEBUG", False)
ALLOWED_HOSTS = [_base.hostname, *env_list("KAKEHASHI_ALLOWED_HOSTS")]
if _base.hostname in {"127.0.0.1", "localhost"}:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Whose X-Forwarded-For and X-Forwarded-Proto count; a proxy on this machine always may.
TRUSTED_PROXIES = ["127.0.0.1", "::1", *env_list("KAKEHASHI_TRUSTED_PROXIES")]

# Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "kakehashi.server",
    "kakehashi.archive",
    "kakehashi.surveys",
    "kakehashi.alerts",
    "kakehashi.trending",
    "kakehashi.search",
    "kakehashi.moderation",
    "kakehashi.ranking",
    "kakehashi.comments",
    "kakehashi.stories",
    "kakehashi.readers",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.sitemaps",
    "wagtail.embeds",
    "wagtail.sites",
    "kakehashi.readers.apps.UsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "kakehashi.server.health.HealthMiddleware",
    "kakehashi.server.watching.RequestMiddleware",
    "kakehashi.server.proxies.TrustedProxyMiddleware",
    "kakehashi.server.middleware.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kakehashi.server.compression.CompressionMiddleware",
    "kakehashi.server.middleware.BadInputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "kakehashi.readers.middleware.ReaderMiddleware",
    "kakehashi.readers.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kakehashi.readers.middleware.StaffDoorMiddleware",
    "kakehashi.readers.middleware.ForgetAddressMiddleware",
    "kakehashi.readers.fresh.FreshProofMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kakehashi.server.middleware.DomainErrorMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "kakehashi.server.urls"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# Database and cache -----------------------------------------------------------------------------------------------

_url = env("DATABASE_URL") or f"sqlite:///{DATA / 'kakehashi.sqlite3'}"
try:
    DATABASES: dict[str, Any] = {
        "default": dj_database_url.parse(_url, conn_max_age=600, conn_health_checks=True),
    }
except ValueError as error:
    raise ImproperlyConfigured("DATABASE_URL must be like postgres://user:password@host:5432/name") from error
# Seconds that a page waits for one statement; see server.patience. Commands and the worker wait as long as it takes.
KAKEHASHI_DATABASE_TIMEOUT = env_number("KAKEHASHI_DATABASE_TIMEOUT", 5, 1, 300)
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "kakehashi.server.postgresql"
    # A machine that vanishes without a word is noticed after some twenty seconds, one that cannot be reached after three.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 20_000,
        "application_name": "kakehashi",
        **DATABASES["default"].get("OPTIONS", {}),
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a writer waits its turn at BEGIN instead of failing in the middle. FULL: an acknowledged write is on disk.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL or an SQLite database")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Megabytes of pages that each server process keeps in memory for readers without a session; 0: none.
PAGE_CACHE_MB = env_int("KAKEHASHI_PAGE_CACHE_MB", 64)
if not 0 <= PAGE_CACHE_MB <= 1 << 20:
    raise ImproperlyConfigured(f"KAKEHASHI_PAGE_CACHE_MB must be a number of megabytes, not {PAGE_CACHE_MB}")

CACHES = {
    # Shared by all processes: log-in throttling counts here.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    # The sizes of a page's pictures come with its other rows; in the shared cache each look would write.
    "renditions": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = env_choice("KAKEHASHI_LANGUAGE", "en", tuple(code for code, _ in LANGUAGES))
# Those that readers may choose among, the site's own first and always among them: code -> its name in itself.
KAKEHASHI_LANGUAGES = env_languages("KAKEHASHI_LANGUAGES", LANGUAGE_CODE)
TIME_ZONE = env_time_zone("KAKEHASHI_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["kakehashi.locale"]

# Files ------------------------------------------------------------------------------------------------------------

STATIC_HOST = static_host()
STATIC_URL = f"{STATIC_HOST}/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [PACKAGE / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
STORAGES = {
    "default": media_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_HOSTS = media_host(STORAGES["default"])
_static_hosts = [STATIC_HOST] if STATIC_HOST else []

# Accounts ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "readers.Reader"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "kakehashi.readers.adapter.ReaderAdapter"
ACCOUNT_FORMS = {
    "add_email": "kakehashi.readers.allauth_forms.AddEmailForm",
    "change_password": "kakehashi.readers.allauth_forms.ChangePasswordForm",
    "confirm_email_verification_code": "kakehashi.readers.allauth_forms.EmailCodeForm",
    "login": "kakehashi.readers.allauth_forms.LoginForm",
    "reauthenticate": "kakehashi.readers.allauth_forms.PasswordAgainForm",
    "reset_password": "kakehashi.readers.allauth_forms.ResetPasswordForm",
    "reset_password_from_key": "kakehashi.readers.allauth_forms.ResetPasswordKeyForm",
    "set_password": "kakehashi.readers.allauth_forms.SetPasswordForm",
    "signup": "kakehashi.readers.allauth_forms.SignupForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
# A code is typed into the page that is already open, so a half-written comment and the way back to it are kept.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_TIMEOUT = 60 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
# Counted in the shared cache. What is counted per address is counted under a keyed hash of it (readers.addresses).
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/5m/ip,5/5m/key",
    "signup": "20/h/ip",
    "reset_password": "10/h/ip,3/h/key",
    "reset_password_from_key": "20/h/ip",
    "confirm_email": "1/30s/key",
    "change_password": "5/5m/user",
    "manage_email": "10/10m/user",
    "reauthenticate": "10/5m/user",
}
# Accounts from elsewhere: of those that are not switched on nothing is loaded.
_providers = login_providers()
INSTALLED_APPS += _providers.apps
SOCIALACCOUNT_PROVIDERS = _providers.settings
# Whom the site may ask to find out who somebody is; nobody else (readers.providers).
KAKEHASHI_PROVIDER_ORIGINS = _providers.origins
SOCIALACCOUNT_ADAPTER = "kakehashi.readers.providers.ProviderAdapter"
# Everybody chooses a name, so nobody is signed up without a form; and what providers say of addresses joins no accounts.
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
MFA_ADAPTER = "kakehashi.readers.adapter.ReaderMFAAdapter"
MFA_FORMS = {
    "activate_totp": "kakehashi.readers.allauth_forms.SetUpAppForm",
    "add_webauthn": "kakehashi.readers.allauth_forms.AddKeyForm",
    "authenticate": "kakehashi.readers.allauth_forms.CodeForm",
    "edit_webauthn": "kakehashi.readers.allauth_forms.RenameKeyForm",
    "reauthenticate": "kakehashi.readers.allauth_forms.CodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
# Whether moderators, editors and administrators need a second factor before they work.
KAKEHASHI_STAFF_MFA = env_choice("KAKEHASHI_STAFF_MFA", "required", ("required", "optional"))
# Upper rooms' part when a reader takes the data along, `f(*, reader) -> dict` (what may be long as an iterator), takes another
# name, `f(*, reader) -> None`, mutes somebody or no longer, the same, or leaves,
# `f(*, reader, withdraw: bool, now) -> None`; see readers.actions.
KAKEHASHI_DATA_EXPORTERS = [
    "kakehashi.comments.actions.export_discussion",
    "kakehashi.ranking.actions.export_position",
    "kakehashi.alerts.actions.export_follows",
    "kakehashi.alerts.actions.export_notices",
    "kakehashi.moderation.actions.export_moderation",
    "kakehashi.surveys.actions.export_surveys",
]
# Names that only the newsroom may bear, `f() -> list of names`, beside those of roles: readers.reserved.
KAKEHASHI_HOUSE_NAMES = ["kakehashi.stories.queries.house_names"]
# Whether addresses that are given out for a few minutes are refused at registration (the list of a package, not asked for).
KAKEHASHI_REFUSE_DISPOSABLE_MAIL = env_bool("KAKEHASHI_REFUSE_DISPOSABLE_MAIL", True)
KAKEHASHI_RENAMINGS = ["kakehashi.comments.actions.show_anew"]
KAKEHASHI_MUTINGS = ["kakehashi.alerts.actions.count_for"]
# In this order: what the discussion lets go of, the rooms above it need not look at any more.
KAKEHASHI_DEPARTURES = [
    "kakehashi.comments.actions.part_from",
    "kakehashi.moderation.actions.part_from",
    "kakehashi.surveys.actions.part_from",
    "kakehashi.alerts.actions.forget_receiver",
    "kakehashi.alerts.actions.forget_notices",
]

# Mail -------------------------------------------------------------------------------------------------------------

EMAIL_HOST = env("EMAIL_HOST")
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", f"Kakehashi <news@{_base.hostname}>")
EMAIL_BACKEND = env("EMAIL_BACKEND") or (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "kakehashi.server.mail.EmailBackend"
)
# What django-anymail is to know of a provider, under its own names: ANYMAIL_MAILGUN_API_KEY and so on.
ANYMAIL = env_beginning("ANYMAIL_")
if EMAIL_BACKEND.startswith("anymail.") or ANYMAIL:
    INSTALLED_APPS.append("anymail")
# Without a mail server, mails are written here, so that nothing typed into a form is silently dropped.
EMAIL_FILE_PATH = DATA / "mail"
# The foot of every alert: who sends it, and where they can be found.
KAKEHASHI_IMPRINT = env("KAKEHASHI_IMPRINT")
KAKEHASHI_MAIL_HOST: str = _base.hostname or "localhost"
# Where mails go that ask for an end of mails.
KAKEHASHI_UNSUBSCRIBE_ADDRESS: str = env("KAKEHASHI_UNSUBSCRIBE_ADDRESS") or parseaddr(DEFAULT_FROM_EMAIL)[1]
# With it, providers and scripts report at /alerts/hook/ what came back; without, there is no such place.
KAKEHASHI_MAIL_HOOK_SECRET = env("KAKEHASHI_MAIL_HOOK_SECRET")

# Safety -----------------------------------------------------------------------------------------------------------

# A session and who is logged in there come by one query.
SESSION_ENGINE = "kakehashi.readers.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
# These headers are sent by server.middleware.HeadersMiddleware.
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 180 if IS_HTTPS else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    # Wagtail's editing pages still use inline scripts and styles; they are for staff only.
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", *_static_hosts],
        "style-src": ["'self'", *_static_hosts],
        "font-src": ["'self'", *_static_hosts],
        "img-src": ["'self'", "data:", *_static_hosts, *MEDIA_HOSTS],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    },
}
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # HeadersMiddleware sends what Django's SecurityMiddleware and
    "security.W002",  # XFrameOptionsMiddleware would.
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # preloading bind sites that are not ours: the operator's to decide, at the proxy.
    "security.W008",  # The proxy redirects to https; a redirect here would go round in circles behind one not trusted.
    "security.W019",  # Wagtail shows previews in frames of the same origin.
]
CSRF_FAILURE_VIEW = "kakehashi.server.views.csrf_failure"
# Large enough that an over-long comment reaches its form and comes back with a sentence.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# Wagtail ----------------------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Kakehashi"
WAGTAILADMIN_BASE_URL = BASE_URL
# Accounts are allauth's: one log-in, one throttle, one second factor.
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
# No third party learns who works here.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILEMBEDS_FINDERS: list[Any] = []
# Through a view wherever the files live, so that a document which is for some readers only stays so.
WAGTAILDOCS_SERVE_METHOD = "serve_view"

# Readers who listen ------------------------------------------------------------------------------------------------

# To open discussions, at most: in one process, and of these from one address (of IPv6, one /64).
KAKEHASHI_LIVE_LISTENERS = env_number("KAKEHASHI_LIVE_LISTENERS", 10_000, 0, 1_000_000)
KAKEHASHI_LIVE_PER_ADDRESS = env_number("KAKEHASHI_LIVE_PER_ADDRESS", 20, 1, 1_000_000)
# Seconds after which they hear that the line is still open; a proxy must wait longer than that.
KAKEHASHI_LIVE_HEARTBEAT = env_number("KAKEHASHI_LIVE_HEARTBEAT", 20, 1, 600)

# Before publication ------------------------------------------------------------------------------------------------

# What looks at a text before it becomes a comment (comments.gate), and the checks that it runs, in this order.
KAKEHASHI_COMMENT_GATE = "kakehashi.moderation.checks.gate.look"
KAKEHASHI_COMMENT_CHECKS = env_list("KAKEHASHI_COMMENT_CHECKS") or [
    "kakehashi.moderation.checks.habits.check_trap",
    "kakehashi.moderation.checks.words.check_words",
    "kakehashi.moderation.checks.habits.check_links",
    "kakehashi.moderation.checks.habits.check_mentions",
    "kakehashi.moderation.model.check.likely_to_be_removed",
    "kakehashi.moderation.checks.habits.check_pace",
    "kakehashi.moderation.checks.habits.check_repeats",
]
KAKEHASHI_COMMENT_CHECKS += env_list("KAKEHASHI_MORE_CHECKS")
# A service outside that is asked too (moderation.checks.outside), and the secret that signs what it gets.
KAKEHASHI_OUTSIDE_CHECK_URL = env("KAKEHASHI_OUTSIDE_CHECK_URL")
KAKEHASHI_OUTSIDE_CHECK_SECRET = ""
if KAKEHASHI_OUTSIDE_CHECK_URL:
    KAKEHASHI_OUTSIDE_CHECK_SECRET = env_needed("KAKEHASHI_OUTSIDE_CHECK_SECRET", "KAKEHASHI_OUTSIDE_CHECK_URL")
    KAKEHASHI_COMMENT_CHECKS.append("kakehashi.moderation.checks.outside.check_outside")
# Seconds for one check, and for all of them together; who takes longer is broken, and the comment is held.
KAKEHASHI_CHECK_SECONDS = env_number("KAKEHASHI_CHECK_SECONDS", 2, 1, 30)
KAKEHASHI_CHECKS_SECONDS = env_number("KAKEHASHI_CHECKS_SECONDS", 4, 1, 60)

# Days after which name and mail address of whoever sent a legal notice are forgotten, once it is settled. Whoever sent it
# may ask for another look within six months.
KAKEHASHI_NOTICE_NAMES_DAYS = env_number("KAKEHASHI_NOTICE_NAMES_DAYS", 200, 1, 10_000)

# Surveys -----------------------------------------------------------------------------------------------------------

# Answers to one survey from one address (of IPv6, one /64) on one day, where everybody may answer and not members only.
KAKEHASHI_SURVEY_ANSWERS_PER_ADDRESS = env_number("KAKEHASHI_SURVEY_ANSWERS_PER_ADDRESS", 30, 1, 1_000_000)

# Work behind the page ---------------------------------------------------------------------------------------------

# Common ground is found anew from nothing at this hour of the site's time, and from the last result after a hundredth of
# new votes, or after so many minutes if there is any.
KAKEHASHI_RANKING_HOUR = env_number("KAKEHASHI_RANKING_HOUR", 3, 0, 23)
KAKEHASHI_RANKING_MINUTES = env_number("KAKEHASHI_RANKING_MINUTES", 60, 1, 24 * 60)

# What is likely to be removed is learned anew after so many decisions of moderators.
KAKEHASHI_MODEL_DECISIONS = env_number("KAKEHASHI_MODEL_DECISIONS", 200, 50, 1_000_000)

# Days after which a notice that was read is forgotten; one that nobody has read is kept four times as long.
KAKEHASHI_NOTICE_DAYS = env_number("KAKEHASHI_NOTICE_DAYS", 90, 1, 10_000)

# Backups by the worker: into this directory (empty: none), so often, and so many of them are kept.
KAKEHASHI_BACKUP_DIR = env("KAKEHASHI_BACKUP_DIR")
KAKEHASHI_BACKUP_EVERY_HOURS = env_number("KAKEHASHI_BACKUP_EVERY_HOURS", 24, 1, 24 * 366)
KAKEHASHI_BACKUP_KEEP = env_number("KAKEHASHI_BACKUP_KEEP", 7, 1, 10_000)
if KAKEHASHI_BACKUP_DIR:
    KAKEHASHI_TASKS = [
        *KAKEHASHI_TASKS,
        ("kakehashi.server.backup.scheduled.back_up", KAKEHASHI_BACKUP_EVERY_HOURS * 3600.0),
    ]

# Tells the queue of moderation how many read a story now: function(story ids, now) -> {story id: readers}. Empty: guessed.
KAKEHASHI_STORY_READERS = "kakehashi.trending.queries.readers_of"

# What is trending -------------------------------------------------------------------------------------------------

# Hours after which a view, and a comment, weighs half as much; see trending.heat.
KAKEHASHI_MOST_READ_HALF_LIFE_HOURS = env_number("KAKEHASHI_MOST_READ_HALF_LIFE_HOURS", 8, 1, 24 * 366)
KAKEHASHI_MOST_DISCUSSED_HALF_LIFE_HOURS = env_number("KAKEHASHI_MOST_DISCUSSED_HALF_LIFE_HOURS", 24, 1, 24 * 366)
# A reader's look at a story counts once in so many minutes; 0: views are not counted at all.
KAKEHASHI_VIEW_WINDOW_MINUTES = env_number("KAKEHASHI_VIEW_WINDOW_MINUTES", 30, 0, 24 * 60)

# Sister sites' feeds are fetched so often.
KAKEHASHI_SISTERS_MINUTES = env_number("KAKEHASHI_SISTERS_MINUTES", 10, 1, 24 * 60)

# What this site asks of others -----------------------------------------------------------------------------------------

# Ports on which other sites are asked, and host:port of those that may stand in a private network; see lib.safe_http.
KAKEHASHI_OUTSIDE_PORTS = env_ports("KAKEHASHI_OUTSIDE_PORTS", "80,443")
KAKEHASHI_ALLOWED_PRIVATE_HOSTS = env_list("KAKEHASHI_ALLOWED_PRIVATE_HOSTS")

# Watching it --------------------------------------------------------------------------------------------------------

# Without a token there is no /metrics.
KAKEHASHI_METRICS_TOKEN = env("KAKEHASHI_METRICS_TOKEN")
KAKEHASHI_LOG_REQUESTS = env_bool("KAKEHASHI_LOG_REQUESTS", False)
KAKEHASHI_SLOW_REQUEST_MS = env_number("KAKEHASHI_SLOW_REQUEST_MS", 1000, 0, 3_600_000)
KAKEHASHI_SLOW_QUERY_MS = env_number("KAKEHASHI_SLOW_QUERY_MS", 200, 0, 3_600_000)
LOG_FORMAT = env_choice("KAKEHASHI_LOG_FORMAT", "text", ("text", "json"))
LOG_LEVEL = env_choice("KAKEHASHI_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = log_lines(LOG_FORMAT, LOG_LEVEL)
