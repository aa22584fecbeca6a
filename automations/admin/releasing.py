"""How a workflow is released, on its page: the gate with a second person, the go-live checklist, versions and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from automations import permissions
from automations.admin.tools import (
    Block,
    Lines,
    Links,
    ReasonForm,
    Table,
    Task,
    Tool,
    ToolForm,
    file_links,
)
from automations.admin.trying import VersionForm, number_of, version_choices
from automations.engine.differences import difference
from automations.engine.errors import Problem
from automations.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from automations.models import Mode, Workflow
from automations.runtime.subscriptions import definition_of
from automations.services import consents, releases
from automations.services.gate import check_gate, open_consent, read_gate
from automations.services.go_live import read_checklist, sign_off
from automations.services.references import require_module_seen, require_seen
from automations.services.versions import describe_definition, load_definition
from automations.services.workflow_files import MAX_CHARACTERS, WorkflowFile, import_workflow, read_file


def _seen(right: str, workflow: Workflow, actor: Any) -> None:
    """The right, and that the actor sees all that the live version names."""
    permissions.require(actor, right, workflow)
    if workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), actor)


def _may_view(actor: Any, workflow: Workflow) -> bool:
    return permissions.may(actor, "view", workflow)


class NoteForm(ToolForm):
    note = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs={"size": 80}))


class DigestForm(NoteForm):
    """About the version that was shown: another one, live by now, is refused."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def prepare(self, thing: Any, actor: Any) -> None:
        if thing.active_version is not None:
            self.initial["digest"] = thing.active_version.digest


def _gate(workflow: Workflow, actor: Any) -> Sequence[Block]:
    try:
        gate = read_gate(workflow=workflow)
    except ConflictError as error:
        return [Lines("The gate", [error.detail])]
    consent = gate.consent
    said = [
        f"Version {gate.version.number} is live, in {workflow.mode}. The gate is"
        f" {'green' if gate.is_green else 'closed'}."
    ]
    if consent is not None:
        given = f"{consent.given_by_name} has agreed." if consent.given_by_name else "Nobody has agreed yet."
        said.append(f"{consent.asked_by_name} asks for a second person: {consent.note or 'no note'}. {given}")
    words = {"met": "met", "open": "open", "not_needed": "not needed"}
    rows = [(words[line.state.value], line.title, line.sentence, line.hint) for line in gate.lines]
    return [Lines("How it stands", said), Table("The gate", ("", "Line", "Why", "What to do"), rows)]


def _check(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    _seen("run_test", workflow, actor)
    gate = check_gate(workflow=workflow, actor=actor)
    left = len(gate.problems)
    return (
        "The gate is green." if gate.is_green else f"{left} of its lines {'is' if left == 1 else 'are'} open."
    )


def _ask(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    _seen("publish", workflow, actor)
    consents.ask_consent(workflow=workflow, actor=actor, note=given["note"])
    return "Everybody else who may promote it is asked."


def _give(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    _seen("promote", workflow, actor)
    consents.give_consent(workflow=workflow, actor=actor, digest=given["digest"], answer=given["note"])
    return "You have agreed to this version."


def _withdraw(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "view", workflow)
    consents.withdraw_consent(workflow=workflow, actor=actor, reason=given["reason"])
    return "It is taken back."


def _first(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "promote", workflow)
    consents.confirm_first_release(workflow=workflow, actor=actor, note=given["note"])
    return "It is confirmed as the first release."


def promote(workflow: Workflow, actor: Any, reason: str) -> None:
    _seen("promote", workflow, actor)
    releases.promote_workflow(workflow=workflow, actor=actor, reason=reason)


def break_glass(workflow: Workflow, actor: Any, reason: str) -> None:
    _seen("promote", workflow, actor)
    if not permissions.may_break_glass(actor):
        raise ForbiddenError("Only an admin may promote past the gate.")
    releases.break_glass(workflow=workflow, actor=actor, reason=reason)


def demote(workflow: Workflow, actor: Any, reason: str) -> None:
    permissions.require(actor, "promote", workflow)
    releases.demote_workflow(workflow=workflow, actor=actor, reason=reason)


def _saying(act: Any, said: str) -> Any:
    def done(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
        act(workflow, actor, given["reason"])
        return said

    return done


def _gate_tasks(workflow: Workflow, actor: Any) -> list[Task]:
    """What this person can do now, as the gate stands."""
    if workflow.active_version is None:
        return []

    def may(right: str) -> bool:
        return permissions.may(actor, right, workflow)

    tasks = []
    if may("run_test"):
        tasks.append(Task("check", "Run the scenarios and check the gate", _check))
    consent = open_consent(workflow)
    if workflow.mode == Mode.EXECUTE:
        loud = workflow.promotion is not None and workflow.promotion.is_loud
        if may("promote"):
            act = _saying(demote, "It only simulates from now on.")
            tasks.append(Task("demote", "Take back to simulate", act, ReasonForm))
        if not loud:
            return tasks
    if consent is None and may("publish"):
        tasks.append(Task("ask", "Ask for a second person", _ask, NoteForm))
    if consent is not None and not consent.given_by_name and not permissions.why_not_consent(actor, consent):
        tasks.append(Task("give", "Agree as the second person", _give, DigestForm))
    if consent is not None and permissions.may_withdraw_consent(actor, consent):
        tasks.append(Task("withdraw", "Take the request or consent back", _withdraw, ReasonForm))
    if may("promote"):
        lines = {line.key: line for line in read_gate(workflow=workflow).lines}
        if lines["rollback"].is_open:
            tasks.append(Task("first", "Confirm the first release", _first, NoteForm))
        if workflow.mode == Mode.SIMULATE:
            act = _saying(promote, "It acts from now on.")
            tasks.append(Task("promote", "Promote to execute", act, ReasonForm))
            if permissions.may_break_glass(actor) and any(line.is_open for line in lines.values()):
                act = _saying(
                    break_glass, "It acts from now on, past the gate. The owner and all admins are told."
                )
                tasks.append(Task("glass", "Promote past the gate", act, ReasonForm))
    return tasks


GATE = Tool(slug="gate", link="Gate…", may=_may_view, show=_gate, tasks=_gate_tasks)


def _checklist(workflow: Workflow, actor: Any) -> Sequence[Block]:
    try:
        checklist = read_checklist(workflow=workflow)
    except ConflictError as error:
        return [Lines("The checklist", [error.detail])]
    signed = checklist.signed
    said = [f"Version {checklist.version.number}: {len(checklist.open_checks)} of its checks are open."]
    if signed is not None:
        said.append(f"{signed.signed_by_name} has signed on {signed.at:%Y-%m-%d %H:%M}: {signed.note or '–'}")
    kept = [("As a page", "api:workflow-go-live-export", "?kind=html")]
    kept += [
        (f"As {kind.upper()}", "api:workflow-go-live-export", f"?kind={kind}") for kind in ("pdf", "json")
    ]
    tables = [
        Table(
            chapter.title,
            ("State", "Check", "What it rests on"),
            [(check.state.replace("_", " "), check.title, check.sentence) for check in chapter.checks],
        )
        for chapter in checklist.chapters
    ]
    return [Lines("How it stands", said), Links("To keep", file_links(*kept, args=(workflow.pk,))), *tables]


def _sign(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "promote", workflow)
    sign_off(workflow=workflow, actor=actor, now=timezone.now(), digest=given["digest"], note=given["note"])
    return "Signed."


GO_LIVE = Tool(
    slug="go-live",
    link="Go-live…",
    may=_may_view,
    show=_checklist,
    tasks=lambda workflow, actor: (
        [Task("sign", "Sign the checklist", _sign, DigestForm, "With open checks the note says why.")]
        if workflow.active_version is not None and permissions.may(actor, "promote", workflow)
        else []
    ),
)


class CompareForm(VersionForm):
    version = forms.ChoiceField(label="From")
    other = forms.ChoiceField(label="To")

    def prepare(self, thing: Any, actor: Any) -> None:
        super().prepare(thing, actor)
        self.fields["other"].choices = version_choices(thing)  # type: ignore[attr-defined]
        if thing.active_version is not None:
            self.initial["version"] = str(thing.active_version.number)


def _compare(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> Sequence[Block]:
    before, after = (load_definition(workflow, number_of(given[name])) for name in ("version", "other"))
    found = difference(before, after)
    if found.same:
        return [Lines("What differs", ["Nothing: both do the same."])]
    steps = [
        (
            change.kind,
            change.title,
            "; ".join(f"{one.path}: {one.before!r} → {one.after!r}" for one in change.values),
        )
        for change in found.nodes
    ]
    ways = [("added", f"{e.source} → {e.target}", e.branch) for e in found.added_edges]
    ways += [("removed", f"{e.source} → {e.target}", e.branch) for e in found.removed_edges]
    pins = [
        (noun, one.path, f"{one.before} → {one.after}")
        for noun, ones in (
            ("policy", found.policies),
            ("started workflow", found.workflows),
            ("outside", found.fingerprints),
            ("setting", found.settings),
        )
        for one in ones
    ]
    return [Table("What differs", ("", "Where", "What"), [*steps, *ways, *pins])]


def _describe(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> Sequence[Block]:
    definition = load_definition(workflow, number_of(given["version"]))
    return [Lines("In plain sentences", describe_definition(definition))]


class FileForm(ToolForm):
    file = forms.FileField(help_text="A workflow as YAML, as it was exported.")
    unfinished = forms.BooleanField(
        required=False, help_text="Whether it may come in with problems that keep it from being published."
    )


def _read(upload: UploadedFile, actor: Any) -> WorkflowFile:
    if (upload.size or 0) > 4 * MAX_CHARACTERS:
        raise InvalidError([Problem("bad-file", "file", "The file is too long.", "Split the workflow.")])
    try:
        text = upload.read().decode()
    except UnicodeDecodeError as error:
        problem = Problem("bad-file", "file", "The file is no text in UTF-8.", "Export it anew.")
        raise InvalidError([problem]) from error
    file = read_file(text)
    for scenario in file.scenarios or ():
        require_module_seen(actor, scenario["given"])
    return file


def _import_into(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "edit", workflow)
    file = _read(given["file"], actor)
    done = import_workflow(file=file, workflow=workflow, actor=actor, unfinished=given["unfinished"])
    return f"The draft is what the file says, revision {done.draft.revision}. What is released stays."


def _import_new(_: None, actor: Any, given: Mapping[str, Any]) -> str:
    if not permissions.may_create_workflow(actor):
        raise ForbiddenError("You may not create workflows. An admin can give you that right.")
    file = _read(given["file"], actor)
    if file.module and not permissions.visible_modules(actor).filter(key=file.module).exists():
        raise NotFoundError(f"There is no module “{file.module[:80]}”.", code="unknown-module")
    done = import_workflow(file=file, workflow=None, actor=actor, unfinished=given["unfinished"])
    return f"“{done.workflow.name}” is made from the file."


def _files(workflow: Workflow, actor: Any) -> Sequence[Block]:
    rows = workflow.versions.select_related("published_by").defer("document").order_by("-number")
    live = workflow.active_version_id
    table = [
        (
            f"{row.number}{' (live)' if row.pk == live else ''}",
            row.note,
            row.published_by,
            f"{row.published_at:%Y-%m-%d %H:%M}",
        )
        for row in rows
    ]
    kept = [
        (f"{text} as YAML", "api:workflow-export", f"?version={version}")
        for version, text in version_choices(workflow)
    ]
    return [
        Table("Published", ("Version", "Note", "By", "At"), table, "Nothing is published yet."),
        Links("To keep", file_links(*kept, args=(workflow.pk,))),
    ]


def _file_tasks(workflow: Workflow, actor: Any) -> list[Task]:
    tasks = [
        Task("compare", "Compare", _compare, CompareForm, reads=True),
        Task("describe", "Say it in plain sentences", _describe, VersionForm, reads=True),
    ]
    if permissions.may(actor, "edit", workflow):
        help_text = "Puts the file in the place of the draft. What is released stays."
        tasks.append(Task("import", "Import into the draft", _import_into, FileForm, help_text))
    return tasks


VERSIONS = Tool(slug="versions", link="Versions, files…", may=_may_view, show=_files, tasks=_file_tasks)

IMPORT = Tool(
    slug="import",
    link="Import a workflow…",
    may=lambda actor, _: permissions.may_create_workflow(actor),
    tasks=lambda _, actor: [Task("import", "Import", _import_new, FileForm)],
)
