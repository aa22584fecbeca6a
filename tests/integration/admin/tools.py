"""What a person does on a tool's page: open it, fill one of its forms in, send it."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse


def address_of(row: Any, slug: str) -> str:
    meta = row._meta
    args = (row.pk,) if row.pk is not None else ()
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{slug}", args=args)


def offered(client: Client, row: Any, slug: str) -> list[str]:
    """The keys of what the page offers to do."""
    answer = client.get(address_of(row, slug))
    assert answer.status_code == 200, answer
    return [task.key for task, _ in answer.context["tasks"]]


def do(client: Client, row: Any, slug: str, task: str, **given: Any) -> list[str]:
    """Send the form of a task as the page holds it, with these fields; the messages, or what stands at the form."""
    address = address_of(row, slug)
    shown = {one.key: form for one, form in client.get(address).context["tasks"]}
    sent = {field.html_name: field.value() for field in shown[task] if field.value() is not None}
    sent |= {f"{task}-{name}": value for name, value in given.items()}
    answer = client.post(address, {"task": task, **sent})
    if answer.status_code == 302:
        return [str(message) for message in get_messages(answer.wsgi_request)]
    assert answer.status_code == 200, answer
    form = {one.key: form for one, form in answer.context["tasks"]}[task]
    refused = [text for texts in form.errors.values() for text in texts]
    return refused or [block.title for block in answer.context["found"]]
