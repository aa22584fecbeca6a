"""Secrets out of what is kept and shown. Whoever knows secrets registers how a text is masked; the core hands every text
to it that it keeps of a run's work, of the trail and of its own log.

The core knows no secret itself: without a registered mask, texts pass as they are, at no cost.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.log import AdminEmailHandler

from automations.registry import Registry


class Mask(Protocol):
    """One app's knowledge of secrets."""

    def refresh(self) -> None:
        """Learn of secrets that other processes have made since; asked before a batch of texts is masked."""

    @property
    def knows_any(self) -> bool:
        """Whether there is anything to mask."""

    def text(self, text: str) -> str:
        """The text with every secret in it made unreadable, however it is spelled there. Asks no database."""


MASKS: Registry[Mask] = Registry("mask")


def refresh() -> None:
    for _, mask in MASKS.items():
        mask.refresh()


def is_needed() -> bool:
    """Whether any mask knows a secret."""
    return any(mask.knows_any for _, mask in MASKS.items())


def masked_text(text: str) -> str:
    for _, mask in MASKS.items():
        text = mask.text(text)
    return text


def masked(value: Any) -> Any:
    """A JSON value with every text in it masked, names of an object included; the same value where nothing is."""
    if not is_needed():
        return value
    return _walked(value)


def _walked(value: Any) -> Any:
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {masked_text(str(key)): _walked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if (said := str(value)) == masked_text(said) else masked_text(said)
    return value


class MaskedLines(logging.Filter):
    """A log line, arguments filled in and traceback included, without secrets. Put it on the handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        if is_needed():
            record.msg, record.args = masked_text(record.getMessage()), None
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = masked_text(record.exc_text)
            if record.stack_info:
                record.stack_info = masked_text(record.stack_info)
        return True


class MaskedAdminEmails(AdminEmailHandler):
    """Django's mail about an error, with its report of the traceback and the request, without secrets."""

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        html = kwargs.pop("html_message", None)
        super().send_mail(
            masked_text(str(subject)),
            masked_text(str(message)),
            *args,
            html_message=masked_text(html) if html else None,
            **kwargs,
        )
