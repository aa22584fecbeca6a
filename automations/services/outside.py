"""Things outside that steps use and other apps keep (see `ActionKind.uses`): what each was when a version was published,
and how it was changed since. We know fingerprints of them, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from automations.actions import ACTIONS
from automations.engine.documents import Definition
from automations.engine.fingerprints import Fingerprints, changed_parts
from automations.engine.gate_facts import OutsideFact
from automations.models import Consent, Mode, WorkflowVersion
from automations.registry import Registry
from automations.services.live import OPEN

Prints = Mapping[str, Mapping[str, str]]
"""{key: {part: fingerprint}}."""


@dataclass(frozen=True, slots=True)
class OutsideChange:
    """Somebody has changed parts of the thing of this key."""

    key: str
    parts: frozenset[str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outside:
    """A kind of things outside. `parts` names what is told apart of one, in words that follow “its”; of these the `lasting`
    ones ask for a new version when they change, and the others, like secrets that are rotated, are only told. `prints` gives
    the fingerprints of things as they are now, `changes` who changed them since, the oldest first; each in as many queries
    for one as for many. A fingerprint must not tell what it was made from."""

    parts: Mapping[str, str]
    lasting: frozenset[str]
    prints: Callable[[Collection[str]], Prints]
    changes: Callable[[Collection[str], datetime], Sequence[OutsideChange]]


OUTSIDE: Registry[Outside] = Registry("kind of things outside")


def used_by(definition: Definition) -> dict[str, set[str]]:
    """The keys of the things outside that the steps use, by their kind. Disabled steps use none."""
    used: dict[str, set[str]] = defaultdict(set)
    for node in definition.nodes:
        key = node.type.partition(".")[2]
        if node.family != "action" or node.disabled or key not in ACTIONS:
            continue
        for setting, noun in ACTIONS.get(key).uses.items():
            if isinstance(named := node.config.get(setting), str) and named and noun in OUTSIDE:
                used[noun].add(named)
    return dict(used)


def fingerprints_of(definitions: Mapping[int, Definition]) -> dict[int, Fingerprints | None]:
    """What publishing each of these would keep of the things outside that it uses; None where it uses none."""
    used = {pk: used_by(definition) for pk, definition in definitions.items()}
    now = _prints_now(used.values())
    return {
        pk: {
            noun: {key: now[noun][key] for key in sorted(keys) if key in now[noun]}
            for noun, keys in things.items()
        }
        if things
        else None
        for pk, things in used.items()
    }


def outside_facts(version: WorkflowVersion, definition: Definition) -> list[OutsideFact]:
    """How it stands with each thing outside that a version uses; for the gate, which looks behind every right."""
    pinned = definition.fingerprints
    if pinned is None:
        return [
            OutsideFact(noun, key, pinned=False)
            for noun, keys in sorted(used_by(definition).items())
            for key in sorted(keys)
        ]
    return [
        OutsideFact(
            row["kind"], row["key"], changes=[row["sentence"]] if row["parts"] else [], lasting=row["lasting"]
        )
        for row in _standing({version.pk: (pinned, version.published_at)})[version.pk]
    ]


def outside_of(versions: Sequence[WorkflowVersion]) -> dict[int, list[dict[str, Any]]]:
    """For each version, by its id, the things outside that it keeps fingerprints of: [{"kind", "key", "parts": what is not
    what it was, "lasting": whether that asks for a new version, "sentence": who changed it and when, "" for nothing}]."""
    kept = dict(
        WorkflowVersion.objects.filter(pk__in=[version.pk for version in versions]).values_list(
            "pk", "document__fingerprints"
        )
    )
    return _standing({version.pk: (kept.get(version.pk) or {}, version.published_at) for version in versions})


def warnings_of(version: WorkflowVersion | None) -> list[str]:
    """What a live version's calls have come to be that it was not published with: a sentence each."""
    pinned = version.document.get("fingerprints") if version is not None else None
    if version is None or not pinned:
        return []
    standing = _standing({version.pk: (pinned, version.published_at)})
    return [row["sentence"] for row in standing[version.pk] if row["lasting"]]


def void_consents(*, noun: str, keys: Collection[str], why: str, now: datetime) -> int:
    """End the consent that is asked for or given, and not used yet, to versions that use one of these things; gives how many
    there were. For who changes such a thing, in the transaction that does."""
    rows = Consent.objects.filter(
        state__in=OPEN,
        workflow__mode=Mode.SIMULATE,
        workflow__active_version=F("version"),
        **{f"version__document__fingerprints__{noun}__has_any_keys": list(keys)},
    )
    return rows.update(state=Consent.State.VOID, ended_at=now, ended_why=why)


def _standing(kept: Mapping[int, tuple[Fingerprints, datetime]]) -> dict[int, list[dict[str, Any]]]:
    now = _prints_now({noun: set(things) for noun, things in pinned.items()} for pinned, _ in kept.values())
    changed: dict[str, set[str]] = defaultdict(set)
    for pinned, _ in kept.values():
        for noun, things in pinned.items():
            changed[noun] |= {key for key, parts in things.items() if parts != now[noun].get(key)}
    since = min((at for _, at in kept.values()), default=None)
    trail = {
        noun: OUTSIDE.get(noun).changes(keys, since) if keys and since and noun in OUTSIDE else ()
        for noun, keys in changed.items()
    }
    return {
        pk: [
            _row(noun, key, parts, now[noun].get(key, {}), [row for row in trail[noun] if row.at >= at])
            for noun, things in sorted(pinned.items())
            for key, parts in sorted(things.items())
        ]
        for pk, (pinned, at) in kept.items()
    }


def _prints_now(used: Iterable[Mapping[str, Collection[str]]]) -> dict[str, Prints]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for things in used:
        for noun, keys in things.items():
            wanted[noun] |= set(keys)
    return {noun: OUTSIDE.get(noun).prints(keys) if noun in OUTSIDE else {} for noun, keys in wanted.items()}


def _row(
    noun: str,
    key: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    trail: Sequence[OutsideChange],
) -> dict[str, Any]:
    parts = changed_parts(before, after)
    kind = OUTSIDE.get(noun) if noun in OUTSIDE else None
    lasting = kind is None or any(part in kind.lasting for part in parts)
    return {
        "kind": noun,
        "key": key,
        "parts": parts,
        "lasting": bool(parts) and lasting,
        "sentence": _sentence(noun, key, parts, kind, trail) if parts else "",
    }


def _sentence(
    noun: str, key: str, parts: Sequence[str], kind: Outside | None, trail: Sequence[OutsideChange]
) -> str:
    words = " and ".join(kind.parts.get(part, part) if kind is not None else part for part in parts)
    last = next((row for row in reversed(trail) if row.key == key and row.parts & set(parts)), None)
    who = f", last by {last.by} on {last.at:%Y-%m-%d %H:%M} UTC" if last is not None else ""
    return f"The {noun} “{key}” is not what it was when this version was published: its {words} changed{who}."
