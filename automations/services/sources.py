from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.models import Event, Module, TriggerSource
from automations.modules.adapter import adapter_for
from automations.runtime import contracts, intake
from automations.services.audit import write_audit
from automations.services.texts import require_object, require_texts, slug_problems

MAX_KEY = 76
"""Characters of a source's key: `api.` and the key are the type of its events."""


@transaction.atomic
def create_source(
    *,
    key: str,
    name: str,
    actor: Any,
    contract: Mapping[str, Any] | None = None,
    module: Module | None = None,
) -> TriggerSource:
    """A source of API events with the contract that their payload must meet.

    Raises InvalidError for the key, the name and a contract that is no JSON Schema, ConflictError for a key in use.
    """
    require_texts(TriggerSource, key=key, name=name)
    problems = slug_problems("key", key)
    if len(key) > MAX_KEY:
        problems.append(Problem("too-long", "key", "The key is too long.", f"At most {MAX_KEY} characters."))
    if problems:
        raise InvalidError(problems)
    contract = {} if contract is None else contract
    require_object(contract, "contract")
    violation = contracts.contract_violation(contract)
    if violation is not None:
        raise InvalidError([Problem("bad-contract", *violation, "Send a JSON Schema (2020-12).")])
    try:
        with transaction.atomic():
            source = TriggerSource.objects.create(
                key=key, kind=TriggerSource.Kind.API, name=name, contract=dict(contract), module=module
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a source with the key “{key}”. Choose another.") from error
    write_audit(actor=actor, action="source.created", obj=source, after={"key": key, "contract": contract})
    return source


def send_event(
    *,
    source: TriggerSource,
    data: Mapping[str, Any],
    actor: Any,
    record_key: str = "",
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> intake.Accepted:
    """Accept an API event. Raises InvalidError for data that is no JSON object, texts that can't be stored and a
    payload that breaks the contract (counted on the source), and ConflictError when the key was used for another
    event or the source is switched off."""
    require_object(data, "data")
    require_texts(Event, record_key=record_key, idempotency_key=idempotency_key)
    if not source.is_active:
        raise ConflictError(f"The source “{source.key}” is switched off.", code="source-inactive")
    after = None
    if source.module is not None and record_key:
        state = adapter_for(source.module).load([record_key], lock=False).get(record_key)
        after = dict(state.values) if state is not None else None
    event = intake.NewEvent(
        source=source,
        type=f"api.{source.key}",
        occurred_at=occurred_at or timezone.now(),
        module=source.module,
        record_key=record_key,
        data=data,
        after=after,
        actor_id=actor.pk,
        actor_name=actor.get_username(),
        idempotency_key=idempotency_key,
    )
    try:
        return intake.accept([event])[0]
    except intake.PayloadRefusedError as error:
        raise InvalidError(
            [
                Problem(
                    "contract-violation",
                    error.path,
                    error.message,
                    f"Send what the contract of “{source.key}” asks for.",
                )
            ]
        ) from error
    except intake.KeyReusedError as error:
        raise ConflictError(str(error), code="idempotency-key-reused") from error
