from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Lookup

from automations.models.run import Run
from automations.models.workflow import Workflow

if TYPE_CHECKING:  # generic for the type checker only
    Field = models.Field[Any, Any]
    AnyLookup = Lookup[Any]
else:
    Field, AnyLookup = models.Field, Lookup


class WordsField(Field):
    """A PostgreSQL tsvector without places: the set of a text's words. Written and asked by `automations.runtime.run_texts`."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"


@WordsField.register_lookup
class HasWords(AnyLookup):
    """Whether the words meet a tsquery, given as its text."""

    lookup_name = "meets"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", (*params, self.rhs)


class RunText(models.Model):
    """What a run is found by, a few seconds behind it. Kept beside the run, not in it: an index of words would slow the
    transaction that saves the run. Nothing that a mask knows as a secret is in it."""

    run = models.OneToOneField(
        Run, primary_key=True, on_delete=models.CASCADE, related_name="text", db_constraint=False
    )
    workflow = models.ForeignKey(
        Workflow, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    correlation_id = models.UUIDField(db_index=True)
    told = WordsField(help_text="Words that all may search who see the run: record, error, names of steps.")
    everything = WordsField(
        help_text="Those, and the words of values, log lines and outputs: for who may see payloads."
    )
    last_seq = models.PositiveIntegerField(help_text="The newest log entry when it was read.")
    is_final = models.BooleanField(help_text="Whether the run had ended when it was read.")
    reading = models.PositiveSmallIntegerField(
        db_default=1, help_text="Which words were read of it; a row of fewer than today's is read again."
    )

    class Meta:
        indexes = (
            GinIndex(fields=("told",), name="runtext_told"),
            GinIndex(fields=("everything",), name="runtext_everything"),
            models.Index(fields=("run",), name="runtext_unfinished", condition=models.Q(is_final=False)),
            models.Index(fields=("run",), name="runtext_read_less", condition=models.Q(reading__lt=2)),
        )

    def __str__(self) -> str:
        return f"text of run {self.pk}"
