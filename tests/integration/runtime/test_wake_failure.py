"""Work that has committed is done, whether or not a worker could be told of it at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, transaction

from automations.runtime import queue


@pytest.mark.django_db(transaction=True)
def test_a_hint_that_can_not_be_sent_fails_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(task: str) -> Any:
        raise OperationalError("the database is away")

    monkeypatch.setattr(queue, "wake", broken)
    with transaction.atomic():
        queue.wake_on_commit()
    assert "Error calling wake(" in caplog.text
