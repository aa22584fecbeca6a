"""The package in somebody else's Django project, put together from the blocks of the how-to and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "install-into-your-project.md"

SETTINGS = """
SECRET_KEY = "x" * 60
DEBUG = True
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "host.urls"
STATIC_URL = "assets/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": {name!r}, "USER": {user!r}, "HOST": {host!r}}}}}
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "shop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {{
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]}}}}]
"""
MODELS = """
from django.db import models

class Parcel(models.Model):
    label = models.CharField(max_length=40, unique=True)
    weight = models.DecimalField(max_digits=8, decimal_places=2)
    state = models.CharField(max_length=10, default="new", choices={"new": "New", "heavy": "Heavy", "sent": "Sent"})
    saves = models.IntegerField(default=0)

    def save(self, **options):
        self.saves += 1  # the project's own logic, which workflows must not go around
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], "saves"}
        super().save(**options)
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "host.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
USE = """
from django.contrib.auth import get_user_model
from automations.testing import chain, edge, make_workflow, node
from shop.models import Parcel
root = get_user_model().objects.create_superuser("root", password="root")
heavy = {"field": "weight", "op": "gt", "value": "20"}
document = chain(
    node("t1", "trigger.record", module="parcels", on=["created"], filter=heavy),
    node("a1", "action.change_status", to="heavy"),
)
make_workflow("heavy", document, owner=root)
Parcel.objects.create(label="P1", weight="25")
Parcel.objects.create(label="P2", weight="5")
"""


class Host:
    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        }
        self.environment["PYTHONPATH"] = str(site)
        self.environment["AUTOMATIONS_SECRET_KEYS"] = Fernet.generate_key().decode()

    def manage(self, *words: str) -> str:
        outcome = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout


@pytest.fixture(scope="module")
def database() -> str:
    return own_database("host")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, database: str) -> Host:
    top = tmp_path_factory.mktemp("host")
    dist, site, folder = top / "dist", top / "site", top / "project"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)], cwd=ROOT, check=True
    )
    (wheel,) = dist.glob("*.whl")
    install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run([sys.executable, *install], check=True)
    settings, urls, asgi, apps = re.findall(
        r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    parts = psycopg.conninfo.conninfo_to_dict(database)
    own = SETTINGS.format(name=parts["dbname"], user=parts["user"], host=parts["host"])
    files = {
        "manage.py": MANAGE,
        "host/__init__.py": "",
        "host/settings.py": own + settings,
        "host/urls.py": urls,
        "host/asgi.py": asgi,
        "shop/__init__.py": "",
        "shop/apps.py": apps,
        "shop/models.py": MODELS,
        "shop/migrations/__init__.py": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    made = Host(folder, site)
    made.manage("makemigrations", "shop")
    made.manage("migrate", "--verbosity", "0")
    return made


def test_the_package_is_what_is_used_and_the_project_passes_its_checks(host: Host) -> None:
    where = host.manage("shell", "--verbosity", "0", "-c", "import automations; print(automations.__file__)")
    assert str(ROOT) not in where
    assert "no issues" in host.manage("check")
    host.manage("shell", "--verbosity", "0", "-c", "import host.asgi")


def test_the_project_gets_no_migration_of_ours_to_make(host: Host) -> None:
    assert "No changes detected" in host.manage("makemigrations", "--check", "--dry-run")


def test_a_saved_model_starts_a_run_of_a_real_worker_that_saves_the_model(host: Host, database: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "automations_worker"], cwd=host.folder, env=host.environment
    )
    try:
        host.manage("shell", "--verbosity", "0", "-c", USE)
        until = time.monotonic() + 60
        with psycopg.connect(database, autocommit=True) as connection:
            states: list[tuple[str, str, int]] = []
            while ("P1", "heavy", 2) not in states:
                assert time.monotonic() < until, states
                time.sleep(0.2)
                states = connection.execute(
                    "SELECT label, state, saves FROM shop_parcel ORDER BY label"
                ).fetchall()
            assert states == [("P1", "heavy", 2), ("P2", "new", 1)]
            decided = connection.execute("SELECT outcome FROM automations_decision ORDER BY id").fetchall()
            assert decided == [("matched",), ("filtered",)]
    finally:
        worker.terminate()
        assert worker.wait(45) == 0


def test_the_pages_and_the_api_answer_at_the_projects_addresses(host: Host) -> None:
    said = host.manage(
        "shell",
        "--verbosity",
        "0",
        "-c",
        textwrap.dedent("""
            from django.contrib.auth import get_user_model
            from django.test import Client
            client = Client()
            refused = client.get("/automations/api/v1/workflows/")
            print(refused.status_code, refused.json()["code"])
            root, _ = get_user_model().objects.get_or_create(username="reader", is_superuser=True, is_staff=True)
            client.force_login(root)
            print(client.get("/automations/api/v1/modules/").json()["results"][0]["key"])
            page = client.get("/automations/")
            print(page.status_code, 'data-home="/automations/"' in page.content.decode())
            print(client.get("/admin/automations/run/").status_code, client.get("/automations/api/v1/schema/").status_code)
        """),
    )
    assert said.split("\n")[:4] == ["401 not-authenticated", "parcels", "200 True", "200 200"]
