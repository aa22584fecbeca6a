"""The policy library: who owns what, every revision, who uses it, and which rules stand where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from automations import permissions
from automations.admin import ruling
from automations.admin.base import SeenAdmin, SeenInline, ServiceForm, with_reason
from automations.admin.sharing import SharedAdmin
from automations.errors import ConflictError, InvalidError
from automations.models import Policy, PolicyRevision, PolicyUse, RulePlace
from automations.services import policies
from automations.services.policy_impact import Impact, measure_impact, require_seen
from automations.services.policy_uses import current_uses


class RevisionInline(SeenInline):
    model = PolicyRevision
    fields = ("number", "rule", "published_by", "published_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("published_by")


class PolicyForm(ServiceForm):
    rule = forms.JSONField(
        widget=forms.Textarea(attrs={"rows": 8, "cols": 80}),
        help_text="The rule as a tree. A changed one is a new revision; versions keep the one that they pinned.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Policy
        fields = ("key", "name", "module", "description", "owner", "rule", "seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            newest = self.instance.revisions.first()
            self.initial["rule"] = newest.rule if newest is not None else None

    def clean(self) -> dict[str, Any]:
        if self.instance.pk is not None and "rule" in self.changed_data and not self.errors:
            self._require_seen()
        return super().clean()

    def _require_seen(self) -> None:
        """Shows the impact of this very rule first; saving again publishes it."""
        policy, rule = self.instance, self.cleaned_data["rule"]
        try:
            require_seen(
                policy=policy,
                rule=rule,
                newest=policy.revisions.first(),
                token=self.cleaned_data["seen"],
                actor=self.actor,
            )
        except ConflictError:
            try:
                policies.require_rule(policy.module, rule)
            except InvalidError:
                return  # the service says what is wrong with it
            impact = measure_impact(policy=policy, rule=rule, viewer=self.actor, now=timezone.now())
            self.data = {**dict(self.data.items()), "seen": impact.seen}
            raise ValidationError([*_sentences(impact), "Save again to publish it."]) from None

    def save_through_service(self) -> models.Model:
        given = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        if self.instance.pk is None:
            return policies.create_policy(
                **{name: value for name, value in given.items() if name != "owner"}, actor=self.actor
            )
        changes = {name: given[name] for name in self.changed_data if name in policies.CHANGEABLE}
        if changes:
            policies.update_policy(policy=self.instance, changes=changes, actor=self.actor)
        if "rule" in self.changed_data:
            policies.publish_policy_revision(
                policy=self.instance,
                rule=given["rule"],
                seen=self.cleaned_data["seen"],
                actor=self.actor,
            )
        return self.instance


def _sentences(impact: Impact) -> list[str]:
    """The impact, one sentence for the policy and one for each branch."""
    own = impact.policy
    said = [
        own.why or f"By itself it takes {own.after} of {impact.total} records; now it takes {own.before}."
    ]
    for entry in impact.workflows:
        name = (
            f"{entry.use.workflow.name} ({f'version {entry.use.version}' if entry.use.version else 'draft'})"
        )
        said += [f"{name}: {entry.why}"] if entry.why else []
        for one in entry.branches:
            where = f"{name}, {one.node.label}{f' / {one.branch}' if one.branch else ''}"
            shift = one.shift
            said.append(
                f"{where}: {shift.why or f'{shift.before} → {shift.after} (+{shift.gained} −{shift.lost})'}"
            )
    if impact.hidden:
        said.append(f"{impact.hidden} workflows that you may not see use it too.")
    return said


def _changing(act: Any) -> Any:
    """The service behind an action, once the person's right on that policy is seen."""

    def checked(policy: Policy, actor: Any, reason: str) -> None:
        permissions.require_policy_change(actor, policy)
        act(policy=policy, actor=actor, reason=reason)

    return checked


@admin.register(Policy)
class PolicyAdmin(SharedAdmin):
    sees = staticmethod(permissions.visible_policies)
    form = PolicyForm
    tools = (ruling.EXPLAIN, ruling.INSTEAD)
    list_tools = (ruling.DUPLICATES,)
    list_display = ("name", "key", "module", "owner", "created_at", "archived_at")
    list_filter = ("module", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("module", "owner")
    search_fields = ("name", "key", "description", "owner__username")
    autocomplete_fields = ("module", "owner")
    inlines = (RevisionInline,)
    actions = (
        with_reason("Archive…", _changing(policies.archive_policy)),
        with_reason("Restore…", _changing(policies.restore_policy), needs_reason=False),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        policy = super().get_object(request, object_id, from_field)
        if policy is not None:
            seen = permissions.visible_workflows(request.user)
            policy.uses = current_uses().filter(policy_key=policy.key, workflow__in=seen.values("pk"))
        return policy

    @admin.display(description="used by", empty_value="nobody")
    def used_by(self, policy: Any) -> str:
        """Drafts, and live versions with the revision that they pin."""
        uses = policy.uses.select_related("workflow", "version").order_by("workflow__name", "version")
        return "; ".join(
            f"{use.workflow.name}: {f'{use.version}, revision {use.revision}' if use.version else 'draft'}"
            for use in uses
        )

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_create_policy(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        return bool(request.user.is_staff) and permissions.may_change_policy(request.user, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key", "module", "used_by") if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = PolicyForm.Meta.fields
        return (*fields, "used_by") if obj is not None else [name for name in fields if name != "owner"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()


@admin.register(PolicyRevision)
class PolicyRevisionAdmin(SeenAdmin):
    list_display = ("policy", "number", "published_by", "published_at")
    list_filter = ("published_at",)
    list_select_related = ("policy", "published_by")
    search_fields = ("policy__name", "policy__key")

    @staticmethod
    def sees(actor: Any) -> QuerySet[PolicyRevision]:
        return PolicyRevision.objects.filter(policy__in=permissions.visible_policies(actor).values("pk"))


def _of_visible_workflows(model: type[models.Model]) -> Any:
    def sees(actor: Any) -> QuerySet[Any]:
        return model._default_manager.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    return sees


@admin.register(PolicyUse)
class PolicyUseAdmin(SeenAdmin):
    """Which draft or version names which policy."""

    sees = staticmethod(_of_visible_workflows(PolicyUse))
    list_display = ("policy_key", "workflow", "version", "revision")
    list_filter = ("workflow",)
    list_select_related = ("workflow", "version")
    search_fields = ("=policy_key", "workflow__name", "workflow__key")


@admin.register(RulePlace)
class RulePlaceAdmin(SeenAdmin):
    """The rules of drafts; equal forms say the same."""

    sees = staticmethod(_of_visible_workflows(RulePlace))
    list_display = ("workflow", "node", "path", "module", "form")
    list_filter = ("module", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("=form", "=node", "workflow__name", "workflow__key")
