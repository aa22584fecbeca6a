"""Django settings. What differs between machines comes from the environment (see docs/reference/settings.md)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

from automations.conf import DEFAULTS, queue_settings
from config.embedded_postgres import EmbeddedPostgres
from config.env import SettingsError, env_bool, env_int, env_list, env_secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_secret("VAR_DIR") or BASE_DIR / "var").absolute()
"""What the project makes while it runs: the embedded database, collected files, the development key."""


def _development_key() -> str:
    """A secret key for development, made once and kept in var/, so that sessions outlive a restart."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Written aside and linked, so that of two first starts at once neither reads a key that is half there.
        handle, draft = tempfile.mkstemp(dir=VAR_DIR)
        os.write(handle, secrets.token_urlsafe(50).encode())
        os.close(handle)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text(encoding="utf-8")


_given_key = env_secret("SECRET_KEY")
DEBUG = env_bool("DEBUG", default=_given_key is None)
if _given_key is None and not DEBUG:
    raise SettingsError(
        "DEBUG is off and SECRET_KEY is not set. Set SECRET_KEY, or SECRET_KEY_FILE, to a long random text that every"
        " process shares."
    )
SECRET_KEY = _given_key or _development_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "guardian",
    "django_q",
    "channels",
    "drf_spectacular",
    "automations",
    "builder",
    "webhooks",
    "config.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFiles",
    "automations.logs.RequestIds",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    try:
        parts = urlparse(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL can't be used: {error}.") from error
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingsError(
            "DATABASE_URL must begin with postgresql://; only PostgreSQL 17 or newer can serve."
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.pop("port", None) or str(port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


EMBEDDED_POSTGRES = None
_database_url = env_secret("DATABASE_URL")
if _database_url is None:
    EMBEDDED_POSTGRES = EmbeddedPostgres(VAR_DIR / "postgres")
    _database_url = EMBEDDED_POSTGRES.url("automations")
DATABASES = {"default": _database(_database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("SECURE_COOKIES", default=not DEBUG)
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 0)
if env_bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if env_secret("EMAIL_HOST")
    else ("django.core.mail.backends.console.EmailBackend")
)
EMAIL_HOST = env_secret("EMAIL_HOST") or ""
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env_secret("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env_secret("DEFAULT_FROM_EMAIL") or "automations@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ADMINS = [(address, address) for address in env_list("ERROR_MAIL_TO", [])]

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}  # all else, our views say
KNOX_TOKEN_MODEL = "automations.ApiToken"  # noqa: S105 - a model's name
MIGRATION_MODULES = {"knox": None}  # its only table is replaced by ours, so that there is nothing to migrate
REST_KNOX = {"AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Automations",
    "DESCRIPTION": "The guardrailed workflow engine that lives inside Django.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AlertKind": "automations.models.alert.KINDS",
        "RunStatus": "automations.api.runs.RUN_STATUSES",
        "StepStatus": "automations.api.runs.STEP_STATUSES",
        "ApprovalKind": "automations.models.Approval.Kind",
        "ApprovalState": "automations.api.approval_shapes.STATES",
        "EventState": "automations.api.events.STATES",
        "ModuleKind": "automations.models.Module.Kind",
        "ScenarioKind": "automations.models.Scenario.Kind",
        "ScenarioOrigin": "automations.models.Scenario.Origin",
        "ScenarioStatus": "automations.api.scenario_shapes.STATUSES",
        "BacktestStatus": "automations.models.BacktestStatus",
        "VerdictEnum": "automations.models.ApprovalDecision.Verdict",
        "ReceiptVerdict": "webhooks.models.Receipt.Verdict",
        "DestinationState": "webhooks.models.Destination.State",
        "DeliveryState": "webhooks.models.Delivery.State",
        "BacktestKind": "automations.api.backtests.DIFFERENT",
        "DeadLetterState": "automations.models.DeadLetter.State",
        "PacedStatus": "automations.models.PacedStatus",
        "RedriveItemState": "automations.models.RedriveItem.State",
        "RedriveOutcome": "automations.api.redrive_shapes.OUTCOMES",
        "TriageState": "automations.models.Triage.State",
        "BackfillItemState": "automations.models.BackfillItem.State",
        "DecisionAnswerOutcomeEnum": "automations.api.events.OUTCOMES",
    },
}

_workers = env_int("AUTOMATIONS_WORKERS", 2)
Q_CLUSTER = queue_settings(_workers)

AUTOMATIONS_LEASE_SECONDS = env_int("AUTOMATIONS_LEASE_SECONDS", DEFAULTS["AUTOMATIONS_LEASE_SECONDS"])
AUTOMATIONS_BATCH_SIZE = env_int("AUTOMATIONS_BATCH_SIZE", DEFAULTS["AUTOMATIONS_BATCH_SIZE"])
AUTOMATIONS_SLICE_SECONDS = env_int("AUTOMATIONS_SLICE_SECONDS", DEFAULTS["AUTOMATIONS_SLICE_SECONDS"])
AUTOMATIONS_SILENCE_SECONDS = env_int("AUTOMATIONS_SILENCE_SECONDS", DEFAULTS["AUTOMATIONS_SILENCE_SECONDS"])
AUTOMATIONS_TICK_SECONDS = env_int("AUTOMATIONS_TICK_SECONDS", DEFAULTS["AUTOMATIONS_TICK_SECONDS"])
AUTOMATIONS_MINUTES_PER_MANUAL_STEP = env_int(
    "AUTOMATIONS_MINUTES_PER_MANUAL_STEP", DEFAULTS["AUTOMATIONS_MINUTES_PER_MANUAL_STEP"]
)
AUTOMATIONS_WATCH_SECONDS = env_int("AUTOMATIONS_WATCH_SECONDS", DEFAULTS["AUTOMATIONS_WATCH_SECONDS"])
AUTOMATIONS_TRACES_PER_CENT = env_int("AUTOMATIONS_TRACES_PER_CENT", DEFAULTS["AUTOMATIONS_TRACES_PER_CENT"])
AUTOMATIONS_RUNS_KEPT_DAYS = env_int("AUTOMATIONS_RUNS_KEPT_DAYS", DEFAULTS["AUTOMATIONS_RUNS_KEPT_DAYS"])
AUTOMATIONS_EVENTS_KEPT_DAYS = env_int(
    "AUTOMATIONS_EVENTS_KEPT_DAYS", DEFAULTS["AUTOMATIONS_EVENTS_KEPT_DAYS"]
)
AUTOMATIONS_CHANGES_KEPT_DAYS = env_int(
    "AUTOMATIONS_CHANGES_KEPT_DAYS", DEFAULTS["AUTOMATIONS_CHANGES_KEPT_DAYS"]
)
AUTOMATIONS_LARGE_VALUE_BYTES = env_int(
    "AUTOMATIONS_LARGE_VALUE_BYTES", DEFAULTS["AUTOMATIONS_LARGE_VALUE_BYTES"]
)

_secret_keys = env_secret("AUTOMATIONS_SECRET_KEYS") or ""
AUTOMATIONS_SECRET_KEYS = _secret_keys.replace(",", " ").split()
"""What stored secrets are encrypted with: the first encrypts, all decrypt."""
if DEBUG and not AUTOMATIONS_SECRET_KEYS:
    _derived = hashlib.sha256(b"automations: secrets at rest:" + SECRET_KEY.encode()).digest()
    AUTOMATIONS_SECRET_KEYS = [base64.urlsafe_b64encode(_derived).decode()]
AUTOMATIONS_UNSIGNED_WEBHOOKS = env_bool("AUTOMATIONS_UNSIGNED_WEBHOOKS", default=False)

WEBHOOKS_ALLOWED_ADDRESSES = env_list("WEBHOOKS_ALLOWED_ADDRESSES", [])
WEBHOOKS_OWN_ADDRESSES = env_list("WEBHOOKS_OWN_ADDRESSES", [])
WEBHOOKS_SENDERS = env_int("WEBHOOKS_SENDERS", 1)
WEBHOOKS_CALLS_AT_ONCE = env_int("WEBHOOKS_CALLS_AT_ONCE", 20)
WEBHOOKS_DELIVERED_KEPT_DAYS = env_int("WEBHOOKS_DELIVERED_KEPT_DAYS", 30)
WEBHOOKS_FAILED_KEPT_DAYS = env_int("WEBHOOKS_FAILED_KEPT_DAYS", 90)

AUTOMATIONS_SITE_URL = env_secret("AUTOMATIONS_SITE_URL") or ""

AUTOMATIONS_METRICS_TOKEN = env_secret("AUTOMATIONS_METRICS_TOKEN") or ""
AUTOMATIONS_METRICS_NETWORKS = env_list("AUTOMATIONS_METRICS_NETWORKS", ["127.0.0.1", "::1"] if DEBUG else [])

_channel_layer = env_secret("CHANNEL_LAYER_URL")
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [_channel_layer]}}
    if _channel_layer
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

_log_format = (env_secret("LOG_FORMAT") or "text").lower()
if _log_format not in ("text", "json"):
    raise SettingsError(f"LOG_FORMAT is “{_log_format}”; set it to text or json.")
_told_level = "INFO" if _log_format == "json" else "WARNING"
"""Of the loggers that say a line about each request, run and call: for programs, too many for people."""
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "automations.logs.JsonLines"},
    },
    "filters": {"secrets": {"()": "automations.masking.MaskedLines"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": _log_format,
            "filters": ["secrets"],
        },
        "admins": {
            "class": "automations.masking.MaskedAdminEmails",
            "level": "ERROR",
            "filters": ["secrets"],
        },
    },
    "root": {"handlers": ["stdout", "admins"], "level": env_secret("LOG_LEVEL") or "INFO"},
    "loggers": {
        "django": {"handlers": []},  # in place of Django's own, which would mail and print past the mask
        "django-q": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        **{f"automations.{name}": {"level": _told_level} for name in ("requests", "runs", "deliveries")},
    },
}

INSTALLED_APPS = [app for app in INSTALLED_APPS if find_spec(app) is not None]
