"""The product's settings with one more app: an action that misbehaves on demand, in a real worker."""

from __future__ import annotations

import os

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.plugin"]  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

WEBHOOKS_ALLOWED_ADDRESSES = ["127.0.0.1/32"]
WEBHOOKS_TOTAL_SECONDS = 3
"""So that the lease of a call is over within twelve seconds."""

if folder := os.environ.get("MAIL_FOLDER"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = folder
