"""Static files as the ASGI server asks for them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import django.contrib.admin
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

CSS = (Path(django.contrib.admin.__path__[0]) / "static/admin/css/base.css").read_bytes()


@pytest.fixture(autouse=True)
def files_of_the_apps(settings: Any) -> None:
    settings.STATIC_ROOT = None  # whatever was collected
    settings.WHITENOISE_USE_FINDERS = True


def ask(method: str = "get", **headers: str) -> Any:
    send = getattr(AsyncClient(), method)
    return async_to_sync(send)("/static/admin/css/base.css", headers=headers)


def test_a_file_is_answered_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = ask()
        assert b"".join(answer) == CSS
    assert not answer.streaming
    assert answer["Content-Type"].startswith("text/css")
    assert answer["Content-Length"] == str(len(CSS))


def test_a_part_of_a_file_and_its_head_are_answered() -> None:
    part = ask(range="bytes=10-19")
    assert (part.status_code, part.content) == (206, CSS[10:20])
    head = ask("head")
    assert (head.content, head["Content-Length"]) == (b"", str(len(CSS)))


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    since = ask()["Last-Modified"]
    again = ask(**{"if-modified-since": since})
    assert (again.status_code, again.content) == (304, b"")
