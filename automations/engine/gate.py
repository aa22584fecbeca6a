"""The promotion gate: may this version act? A decision over facts that somebody else has gathered, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from automations.engine.gate_facts import (
    GateFacts,
    LimitFacts,
    OutsideFact,
    ShadowDemand,
    ShadowFacts,
    StartFact,
)

NAMED = 3
"""How many things a sentence names before it only counts the others."""


class LineState(StrEnum):
    MET = "met"
    OPEN = "open"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the gate: how it stands, in a sentence, and how it is closed where it is open."""

    key: str
    title: str
    state: LineState
    sentence: str
    hint: str = ""

    @property
    def is_open(self) -> bool:
        return self.state is LineState.OPEN


def judge_gate(facts: GateFacts) -> list[Line]:
    """Every line of the gate, in the order in which one closes them. It is green when none is open."""
    lines = [
        _valid(facts),
        _positive(facts),
        _negative(facts),
        _none_fails(facts),
        _limited(facts),
        _simulated(facts),
        _agrees(facts),
        _started(facts.starts),
        _outside(facts.outside),
        _limits(facts.limits),
        _rollback(facts),
        _four_eyes(facts),
        _allowed(facts),
    ]
    return lines if facts.denied is None else [*lines[:5], _identity(facts.denied), *lines[5:]]


def is_green(lines: Sequence[Line]) -> bool:
    return not any(line.is_open for line in lines)


def _met(key: str, title: str, sentence: str) -> Line:
    return Line(key, title, LineState.MET, sentence)


def _open(key: str, title: str, sentence: str, hint: str) -> Line:
    return Line(key, title, LineState.OPEN, sentence, hint)


def _not_needed(key: str, title: str, sentence: str) -> Line:
    return Line(key, title, LineState.NOT_NEEDED, sentence)


def _valid(facts: GateFacts) -> Line:
    key, title = "valid", "No validation error"
    if not facts.errors:
        return _met(key, title, f"Version {facts.version} has no validation error.")
    hint = "Mend the draft in the editor and publish it."
    return _open(key, title, f"Version {facts.version} has {_errors(facts.errors)}", hint)


def _errors(errors: Sequence[str]) -> str:
    return (
        f"a validation error: {errors[0]}"
        if len(errors) == 1
        else f"{len(errors)} errors, the first: {errors[0]}"
    )


def _positive(facts: GateFacts) -> Line:
    key, title = "positive-scenario", "A positive scenario passes"
    if facts.positive_passed:
        return _met(key, title, _pass(facts.positive_passed, "in which it should fire", facts.version))
    sentence = "No scenario in which it should fire passes on this very version."
    return _open(key, title, sentence, "Save one in the editor's scenarios, then check the gate.")


def _negative(facts: GateFacts) -> Line:
    key, title = "negative-scenario", "A negative scenario passes"
    if facts.negative_passed:
        return _met(key, title, _pass(facts.negative_passed, "in which it should not fire", facts.version))
    sentence = "No scenario in which it should not fire passes on this very version."
    return _open(key, title, sentence, "Save one in the editor's scenarios, then check the gate.")


def _pass(count: int, which: str, version: int) -> str:
    many = "1 scenario passes" if count == 1 else f"{count} scenarios pass"
    return f"{many} on version {version} {which}."


def _none_fails(facts: GateFacts) -> Line:
    key, title = "no-scenario-fails", "No scenario fails"
    if facts.failing:
        hint = "Mend the workflow or the scenario, publish, then check the gate."
        return _open(
            key, title, f"{_named(facts.failing)} {_fail(facts.failing)} on this very version.", hint
        )
    if facts.scenarios == 0:
        return _not_needed(key, title, "There is no scenario yet.")
    return _met(key, title, "None that was run on this very version fails.")


def _fail(names: Sequence[str]) -> str:
    return "fails" if len(names) == 1 else "fail"


def _limited(facts: GateFacts) -> Line:
    key, title = "non-admin-scenario", "One of them runs as somebody with limits"
    if facts.limited_passed:
        many = "1 passing scenario acts" if facts.limited_passed == 1 else f"{facts.limited_passed} act"
        return _met(key, title, f"{many} as somebody who is no admin.")
    sentence = "No passing scenario acts as somebody who is no admin."
    hint = "Save a scenario that acts as a role or a person, or let the workflow run as a service identity."
    return _open(key, title, sentence, hint)


def _identity(denied: Sequence[str]) -> Line:
    key, title = "identity", "The workflow may do what it plans"
    if not denied:
        return _met(key, title, "Whom it runs as may do all that the live candidates need.")
    sentence = f"Whom it runs as may not: {'; '.join(denied[:NAMED])}{_more(denied)}."
    return _open(key, title, sentence, "Give the identity these rights, or let the workflow run as another.")


def _simulated(facts: GateFacts) -> Line:
    key, title = "simulated", "Simulated on live events"
    seen = facts.simulated
    if seen.runs == 0:
        sentence = "No live event has started it since it was published, so that none was simulated."
    else:
        runs = _count(seen.runs, "run")
        sentence = f"{runs} simulated on live events: {seen.failed} failed, {seen.inconclusive} inconclusive."
    if seen.shadow is not None:
        sentence += f" {_shadowed(seen.shadow)}"
    if seen.compared:
        share = 100 * seen.agreed / seen.compared
        sentence += (
            f" Its last backtest: {seen.agreed} of {seen.compared} past events come to the same as with version"
            f" {seen.against} ({share:.1f} %)."
        )
    if seen.runs == 0 and seen.shadow is None:
        return _not_needed(key, title, sentence)
    if seen.inconclusive:
        return _open(key, title, sentence, "Publish a version of which every step can be simulated.")
    return _met(key, title, sentence)


def _agrees(facts: GateFacts) -> Line:
    key, title = "shadow", "Its shadow agrees"
    demand, shadow = facts.shadow_demanded, facts.simulated.shadow
    if demand is None:
        return _not_needed(
            key,
            title,
            "No policy asks for a shadow. One beside the live version shows what a draft would change, on live events.",
        )
    if facts.earlier is None:
        sentence = f"{demand.said}. No other version has acted, so that there is nothing to agree with."
        return _not_needed(key, title, sentence)
    hint = "Let the draft follow the live version under Backtests, then publish it unchanged."
    if shadow is None:
        return _open(key, title, f"{demand.said}. No shadow of this very version has judged anything.", hint)
    short = []
    if shadow.judged < demand.events:
        short.append(f"{shadow.judged} of {demand.events} events judged")
    if shadow.hours < demand.hours:
        short.append(f"{shadow.hours:.1f} of {demand.hours} hours followed")
    if 100 * shadow.agreed < demand.agreement * shadow.judged:
        short.append(f"{100 * shadow.agreed / shadow.judged:.1f} % answered alike, not {demand.agreement} %")
    if short:
        return _open(key, title, f"{demand.said}. Too little yet: {'; '.join(short)}.", hint)
    return _met(key, title, f"{_shadowed(shadow)} Asked for were {_asked(demand)}.")


def _asked(demand: ShadowDemand) -> str:
    return f"{_count(demand.events, 'event')} over {_count(demand.hours, 'hour')} and {demand.agreement} %"


def _started(starts: Sequence[StartFact]) -> Line:
    key, title = "started", "What it starts is pinned"
    if not starts:
        return _not_needed(key, title, "It starts no other workflow.")
    troubles = [start.trouble for start in starts if start.trouble]
    if troubles:
        hint = "Publish the draft anew: that pins what is live then."
        return _open(key, title, " ".join(troubles), hint)
    loose = [start.name for start in starts if start.version is None]
    if loose:
        sentence = f"{_named(loose)} would be started at whatever version is live: this one pins none."
        return _open(key, title, sentence, "Publish the draft anew: that pins what is live then.")
    return _met(key, title, " ".join(_start(start) for start in starts))


def _start(start: StartFact) -> str:
    newer = f" (version {start.newer} is live by now; publishing anew takes it up)" if start.newer else ""
    return f"It starts “{start.name}” at version {start.version}{newer}. {start.simulates}".strip()


def _outside(outside: Sequence[OutsideFact]) -> Line:
    key, title = "outside", "What it calls is as it was published"
    if not outside:
        return _not_needed(key, title, "It calls nothing outside.")
    hint = "Publish the draft anew: that keeps what they are now, and asks for consent to it."
    loose = [fact.name for fact in outside if not fact.pinned]
    if loose:
        return _open(key, title, f"It calls {_named(loose)} and keeps no fingerprint of it.", hint)
    told = " ".join(change for fact in outside for change in fact.changes)
    if any(fact.lasting for fact in outside):
        return _open(key, title, told, hint)
    names = _named([fact.name for fact in outside])
    return _met(key, title, told or f"{names}: nothing changed since the version was published.")


def _limits(limits: LimitFacts) -> Line:
    sentence = f"{'; '.join(limits.now)}." if limits.now else "It has no limits of its own."
    if limits.changes:
        sentence += f" Changed since this version was published: {'; '.join(limits.changes)}."
    return _met("limits", "How far it reaches at once", sentence)


def _shadowed(shadow: ShadowFacts) -> str:
    since = f"since {shadow.since:%Y-%m-%d %H:%M} UTC"
    when = since if shadow.until is None else f"{since}, until {shadow.until:%Y-%m-%d %H:%M} UTC"
    share = 100 * shadow.agreed / shadow.judged
    return (
        f"As a shadow beside version {shadow.against} ({when}) it agreed on {shadow.agreed} of"
        f" {_count(shadow.judged, 'live event')} ({share:.1f} %): {shadow.newly_selected} newly selected,"
        f" {shadow.no_longer_selected} no longer selected, {shadow.other} with another effect or way."
    )


def _rollback(facts: GateFacts) -> Line:
    key, title = "rollback", "A way back"
    if facts.earlier is not None:
        return _met(key, title, f"Version {facts.earlier} has acted before and can be rolled back to.")
    if facts.first_release_by:
        return _met(key, title, f"{facts.first_release_by} has confirmed that this is the first release.")
    sentence = "No earlier version has acted, so that there is nothing to roll back to."
    return _open(key, title, sentence, "Confirm that this is the first release.")


def _four_eyes(facts: GateFacts) -> Line:
    key, title = "four-eyes", "A second person agrees"
    if not facts.sensitive and not facts.four_eyes_demanded:
        return _not_needed(key, title, "No step of it is a sensitive action.")
    if facts.consent is not None and facts.consent.given_by:
        sentence = (
            f"{facts.consent.given_by} agrees to version {facts.version}, asked by {facts.consent.asked_by}."
        )
        return _met(key, title, sentence)
    why = (
        f"{_named(facts.sensitive)} {'is a sensitive action' if len(facts.sensitive) == 1 else 'are sensitive actions'}"
        if facts.sensitive
        else facts.four_eyes_demanded
    )
    if facts.consent is not None:
        sentence = f"{why}. {facts.consent.asked_by} has asked for consent; nobody has given it yet."
        return _open(key, title, sentence, "Somebody else with the right to promote gives it on this page.")
    return _open(key, title, f"{why}. Nobody has been asked yet.", "Ask for the consent of a second person.")


def _allowed(facts: GateFacts) -> Line:
    key, title = "mode-policy", "Execute is allowed"
    if facts.forbidden:
        return _open(key, title, facts.forbidden, "An admin lifts the policy under Mode policies.")
    return _met(key, title, "No policy lets it only simulate.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(names: Sequence[str]) -> str:
    return f"{', '.join(f'“{name}”' for name in names[:NAMED])}{_more(names)}"


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
