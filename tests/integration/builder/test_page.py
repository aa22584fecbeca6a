from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client

from automations.services.standstills import set_standstill
from builder.templatetags import frontend

MANIFEST = {
    "src/main.tsx": {"file": "assets/main-1.js", "css": ["assets/main-1.css"], "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"], "imports": ["_base.js"]},
    "_base.js": {"file": "assets/base-1.js", "imports": ["_shared.js"]},
    "src/styles/page.css": {"file": "assets/page-1.css"},
}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A build of known files, wherever this checkout's own stands."""
    settings.STATIC_URL = "/files/"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(MANIFEST))
    monkeypatch.setattr(frontend, "MANIFEST", manifest)


@pytest.fixture
def signed_in(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.usefixtures("built")
def test_entry_brings_its_styles_preloads_and_one_script() -> None:
    html = Template('{% load frontend %}{% frontend "src/main.tsx" %}').render(Context())
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', html) == [
        "/files/builder/assets/main-1.css",
        "/files/builder/assets/shared-1.css",
    ]
    assert re.findall(r'rel="modulepreload" href="([^"]+)"', html) == [
        "/files/builder/assets/shared-1.js",
        "/files/builder/assets/base-1.js",
    ]
    assert re.findall(r'type="module" src="([^"]+)"', html) == ["/files/builder/assets/main-1.js"]


@pytest.mark.usefixtures("built")
def test_style_entry_is_a_stylesheet_only() -> None:
    html = Template('{% load frontend %}{% frontend "src/styles/page.css" %}').render(Context())
    assert html.strip() == '<link rel="stylesheet" href="/files/builder/assets/page-1.css">'


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("address", ["/", "/workflows/4/", "/runs/311/"])
def test_page_is_served_at_every_address_that_it_shows(signed_in: Client, address: str) -> None:
    response = signed_in.get(address)
    assert response.status_code == 200
    assert "/files/builder/assets/main-1.js" in response.content.decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.usefixtures("built")
def test_page_holds_no_inline_script_or_style(signed_in: Client) -> None:
    html = signed_in.get("/").content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert "<style" not in html
    assert " style=" not in html
    assert re.findall(r"\son\w+=", html) == []


@pytest.mark.usefixtures("built", "db")
def test_visitor_is_sent_to_sign_in_and_back(client: Client, alice: Any) -> None:
    response = client.get("/runs/311/")
    assert response.headers["Location"] == "/accounts/login/?next=/runs/311/"
    form = client.get(response.headers["Location"])
    assert "frame-ancestors 'none'" in form.headers["Content-Security-Policy"]
    entered = client.post("/accounts/login/", {"username": "alice", "password": "demo", "next": "/runs/311/"})
    assert entered.headers["Location"] == "/runs/311/"


@pytest.mark.usefixtures("db")
def test_wrong_password_is_told_in_the_page(client: Client, alice: Any) -> None:
    response = client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


@pytest.mark.usefixtures("db")
def test_sign_in_sends_nobody_to_another_site(client: Client, alice: Any) -> None:
    entered = client.post(
        "/accounts/login/", {"username": "alice", "password": "demo", "next": "https://elsewhere.example/"}
    )
    assert entered.headers["Location"] == "/"


def test_page_without_a_build_says_what_to_do(
    signed_in: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontend, "MANIFEST", tmp_path / "manifest.json")
    response = signed_in.get("/")
    assert response.status_code == 503
    assert "npm run build" in response.content.decode()


@pytest.mark.usefixtures("built")
def test_only_staff_is_shown_the_admin(signed_in: Client, root: Any) -> None:
    assert "/admin/" not in signed_in.get("/").content.decode()
    signed_in.force_login(root)
    assert "/admin/" in signed_in.get("/").content.decode()


@pytest.mark.usefixtures("built")
def test_every_page_says_that_everything_stands_still(signed_in: Client, root: Any) -> None:
    assert "stands still" not in signed_in.get("/").content.decode()
    set_standstill(reason="The <shop> moves", actor=root)
    page = signed_in.get("/").content.decode()
    assert "Everything stands still." in page
    assert "root: “The &lt;shop&gt; moves”" in page


def test_pages_of_the_admin_find_no_missing_icon(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.content) == (204, b"")
