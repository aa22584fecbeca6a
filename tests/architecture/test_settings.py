"""Settings that would lose or double work, or leave a door open, stop the start with a sentence; ours don't."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, run_checks
from django.test import override_settings

from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
LONG_KEY = "kept-for-tests-" + "0123456789abcdef" * 4
PRODUCTION = {
    "SECRET_KEY": LONG_KEY,
    "AUTOMATIONS_SECRET_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "automations.example.org",
    "SECURE_SSL_REDIRECT": "true",
    "SECURE_HSTS_SECONDS": "3600",
}
UNSAFE_QUEUE = {
    "no database": ({"orm": None}, "automations.E001"),
    "another database": ({"orm": "queue"}, "automations.E001"),
    "no timeout": ({"timeout": None}, "automations.E002"),
    "a retry within the timeout": ({"retry": 60}, "automations.E003"),
    "a retry while prefetched work waits": ({"retry": 269}, "automations.E003"),
    "a timeout within a time slice": ({"timeout": 35}, "automations.E004"),
    "a longer prefetch": (
        {"queue_limit": settings.Q_CLUSTER["workers"] + 1, "retry": 900},
        "automations.E005",
    ),
    "attempts of its own": ({"max_attempts": 0}, "automations.E006"),
    "redelivery of failures": ({"ack_failures": False}, "automations.E007"),
    "results kept": ({"save_limit": 250}, "automations.E008"),
    "a scheduler of its own": ({"scheduler": True}, "automations.E009"),
}
LEFT_OUT = {
    "orm": "automations.E001",
    "timeout": "automations.E002",
    "queue_limit": "automations.E005",
    "max_attempts": "automations.E006",
    "ack_failures": "automations.E007",
    "save_limit": "automations.E008",
    "scheduler": "automations.E009",
}


def errors() -> list[str]:
    found = [message for message in run_checks() if isinstance(message, Error)]
    assert all(message.hint for message in found)
    return sorted(str(message.id) for message in found)


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """manage.py with these settings and none of this process's own."""
    own = ("SECRET_KEY", "SECRET_KEY_FILE", "DEBUG", "ALLOWED_HOSTS")
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**inherited, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def test_shipped_settings_are_clean() -> None:
    assert errors() == []


@pytest.mark.parametrize(("change", "code"), UNSAFE_QUEUE.values(), ids=UNSAFE_QUEUE)
def test_unsafe_queue_setting_is_an_error(change: dict[str, Any], code: str) -> None:
    with override_settings(Q_CLUSTER={**settings.Q_CLUSTER, **change}):
        assert errors() == [code]


@pytest.mark.parametrize(("name", "code"), LEFT_OUT.items())
def test_queue_setting_left_to_its_unsafe_default_is_an_error(name: str, code: str) -> None:
    rest = {key: value for key, value in settings.Q_CLUSTER.items() if key != name}
    with override_settings(Q_CLUSTER=rest):
        assert code in errors()


def test_queue_settings_left_out_altogether_are_errors() -> None:
    with override_settings(Q_CLUSTER={}):
        assert errors() == sorted(set(LEFT_OUT.values()))


@pytest.mark.parametrize(("seconds", "found"), [(9, ["automations.E010"]), (10, [])])
def test_lease_shorter_than_two_time_slices_is_an_error(seconds: int, found: list[str]) -> None:
    with override_settings(AUTOMATIONS_LEASE_SECONDS=seconds, AUTOMATIONS_SLICE_SECONDS=5):
        assert errors() == found


@pytest.mark.parametrize(("days", "found"), [(-1, 1), (1, 1), (29, 1), (30, 0), (0, 0)])
def test_runs_are_not_dropped_while_what_started_them_could_come_again(days: int, found: int) -> None:
    for kind in ("RUNS", "EVENTS", "CHANGES"):
        with override_settings(**{f"AUTOMATIONS_{kind}_KEPT_DAYS": days}):
            assert errors() == ["automations.E014"] * found


@pytest.mark.parametrize(("size", "found"), [(0, 1), (1_023, 1), (1_024, 0)])
def test_small_values_stay_in_their_rows(size: int, found: int) -> None:
    with override_settings(AUTOMATIONS_LARGE_VALUE_BYTES=size):
        assert errors() == ["automations.E015"] * found


def test_unsafe_settings_keep_commands_from_starting() -> None:
    # Django's checks of the models ask the server for its version first, so there has to be one.
    outcome = manage("migrate", AUTOMATIONS_LEASE_SECONDS="1", DATABASE_URL=own_database("settings"))
    assert outcome.returncode == 1
    assert "automations.E010" in outcome.stderr
    assert "HINT: Set it to 10 or more." in outcome.stderr


def test_production_settings_pass_the_deployment_checks() -> None:
    """All but the two that speak of the domain's other hosts, which only their owner can answer for."""
    outcome = manage("check", "--deploy", **PRODUCTION)
    assert outcome.returncode == 0, outcome.stderr
    assert set(re.findall(r"\(\w+\.\w+\)", outcome.stderr)) == {"(security.W005)", "(security.W021)"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"ALLOWED_HOSTS": ""}, "security.W020"),
        ({"SECURE_SSL_REDIRECT": "false"}, "security.W008"),
        ({"SECURE_COOKIES": "false"}, "security.W012"),
        ({"DEBUG": "true"}, "security.W018"),
        ({"AUTOMATIONS_SECRET_KEYS": ""}, "webhooks.E001"),
        ({"AUTOMATIONS_SECRET_KEYS": "short"}, "webhooks.E002"),
        ({"AUTOMATIONS_UNSIGNED_WEBHOOKS": "true"}, "webhooks.E003"),
    ],
)
def test_unsafe_production_setting_is_found_by_the_deployment_checks(
    change: dict[str, str], code: str
) -> None:
    outcome = manage("check", "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, **change})
    assert outcome.returncode == 1
    assert code in outcome.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DEBUG": "false"}, "DEBUG is off and SECRET_KEY is not set."),
        ({"DEBUG": "perhaps"}, "DEBUG is “perhaps”; set it to true or false."),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE is “/nowhere/key”, which can't be read"),
        ({"DATABASE_URL": "sqlite:///db"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": "postgresql://localhost:many/x"}, "DATABASE_URL can't be used"),
        ({"AUTOMATIONS_WORKERS": "two"}, "AUTOMATIONS_WORKERS is “two”; set it to a whole number."),
    ],
)
def test_unusable_setting_is_named_in_a_sentence(environment: dict[str, str], sentence: str) -> None:
    outcome = manage("check", **environment)
    assert outcome.returncode != 0
    assert sentence in outcome.stderr.splitlines()[-1]


def test_with_a_secret_key_debug_is_off_and_cookies_are_secure() -> None:
    code = (
        "from django.conf import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    )
    outcome = manage("shell", "--verbosity", "0", "-c", code, **PRODUCTION)
    assert outcome.stdout.split() == ["False", "True", "True"], outcome.stderr


def test_secret_key_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{LONG_KEY}\n")
    code = "from django.conf import settings as s; print(s.SECRET_KEY)"
    outcome = manage("shell", "--verbosity", "0", "-c", code, SECRET_KEY_FILE=str(path))
    assert outcome.stdout.strip() == LONG_KEY, outcome.stderr


def test_development_key_is_made_once_for_first_starts_at_the_same_moment(tmp_path: Path) -> None:
    code = "from django.conf import settings as s; print(s.SECRET_KEY)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    kept = tmp_path / "var" / "secret_key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_queue_rows_which_hold_pickles_are_not_in_the_admin() -> None:
    from django.contrib import admin

    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]
