"""Who may do what with a workflow, a module or a policy, from where they have it, and giving and taking it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import grants, permissions
from automations.api.modules import module_for
from automations.api.policies import policy_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import ForbiddenError
from automations.services import shares as service


class HolderBody(Body):
    user = serializers.CharField(max_length=150, required=False, help_text="A user name; or else a group.")
    group = serializers.CharField(max_length=150, required=False, help_text="A group's name; a role is one.")


class ShareBody(HolderBody):
    role = serializers.CharField(max_length=150, required=False, help_text="A role's rights; or else rights.")
    rights = serializers.ListField(child=serializers.CharField(max_length=30), required=False, max_length=20)


class GrantAnswer(Answer):
    kind = serializers.ChoiceField(("user", "group"))
    name = serializers.CharField(help_text="The user name, or the group's name.")
    title = serializers.CharField(help_text="The person's full name, or the group's name.")
    rights = serializers.ListField(child=serializers.CharField())
    role = serializers.CharField(allow_null=True, help_text="The role that has these very rights.")
    wide = serializers.BooleanField(help_text="Held on everything of this kind, so not given or taken here.")
    members = serializers.IntegerField(allow_null=True, help_text="Of a group: its active people.")


class SharesAnswer(Answer):
    grants = GrantAnswer(many=True)
    may_share = serializers.BooleanField(help_text="Whether you may change this.")
    rights = serializers.ListField(child=serializers.CharField(), help_text="All rights that there are.")
    yours = serializers.ListField(child=serializers.CharField(), help_text="Those you hold, so may give.")
    roles = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="The rights of each role."
    )


EXAMPLE: dict[str, Any] = {
    "grants": [
        {
            "kind": "group",
            "name": "Operator",
            "title": "Operator",
            "rights": ["view", "run_test", "run", "retry", "view_payloads"],
            "role": "Operator",
            "wide": False,
            "members": 4,
        }
    ],
    "may_share": True,
    "rights": ["view", "edit"],
    "yours": ["view", "edit"],
    "roles": {"Viewer": ["view"]},
}
SENT = {"group": "Support", "role": "Operator"}


def _shares_of(thing: grants.Shared, actor: Any) -> Response:
    noun = grants.noun_of(thing)
    rows = [*grants.grants_on(thing), *grants.wide_grants(noun)]
    members = grants.member_counts([row.holder for row in rows if row.is_group])
    return Response(
        {
            "grants": [_grant(row, noun, members) for row in rows],
            "may_share": permissions.may_share(actor, thing),
            "rights": list(grants.RIGHTS[noun]),
            "yours": [right for right in grants.RIGHTS[noun] if permissions.holds(actor, right, thing)],
            "roles": {role: list(rights) for role, rights in grants.ROLE_RIGHTS[noun].items()},
        }
    )


def _grant(grant: grants.Grant, noun: str, members: Mapping[int, int]) -> dict[str, Any]:
    roles = grants.ROLE_RIGHTS[noun].items()
    return {
        "kind": "group" if grant.is_group else "user",
        "name": grant.name,
        "title": grant.name if grant.is_group else grant.holder.get_full_name() or grant.name,
        "rights": list(grant.rights),
        "role": next((role for role, rights in roles if set(rights) == set(grant.rights)), None),
        "wide": grant.wide,
        "members": members.get(grant.holder.pk, 0) if grant.is_group else None,
    }


def _holder(given: Mapping[str, Any]) -> Any:
    """Raises ValidationError unless one of the two is named, NotFoundError where there is none."""
    named = [name for name in ("user", "group") if given.get(name)]
    if len(named) != 1:
        raise ValidationError({named[-1] if named else "user": ["Name a person or a group."]})
    return service.find_holder(**{named[0]: given[named[0]]})


Find = Callable[[ApiView, Any], grants.Shared]


def shares_view(noun: str, tag: str, find: Find, readers: str = "change") -> type[ApiView]:
    """The view of who may do what with one thing of a kind. `find` raises NotFoundError; beside who may share a thing,
    those see its grants who hold the right `readers`."""

    class SharesView(ApiView):
        @operation(f"{tag}_shares", tag, answer=SharesAnswer, example=EXAMPLE)
        def get(self, request: Request, **where: Any) -> Response:
            return _shares_of(self.thing(where), self.actor)

        @operation(f"{tag}_share", tag, request=ShareBody, answer=SharesAnswer, sent=SENT, example=EXAMPLE)
        def put(self, request: Request, **where: Any) -> Response:
            thing = self.thing(where, to_share=True)
            wanted = self.body(ShareBody)
            if ("role" in wanted) == ("rights" in wanted):
                raise ValidationError({"rights": ["Send a role, or rights."]})
            service.share_object(
                thing=thing,
                holder=_holder(wanted),
                actor=self.actor,
                rights=wanted.get("rights", ()),
                role=wanted.get("role", ""),
            )
            return _shares_of(thing, self.actor)

        @operation(f"{tag}_unshare", tag, answer=SharesAnswer, query=HolderBody, example=EXAMPLE)
        def delete(self, request: Request, **where: Any) -> Response:
            thing = self.thing(where, to_share=True)
            service.unshare_object(thing=thing, holder=_holder(self.query(HolderBody)), actor=self.actor)
            return _shares_of(thing, self.actor)

        def thing(self, where: Mapping[str, Any], *, to_share: bool = False) -> grants.Shared:
            thing = find(self, *where.values())
            if permissions.may_share(self.actor, thing):
                return thing
            if to_share or not permissions.holds(self.actor, readers, thing):
                verb = "decide" if to_share else "see"
                raise ForbiddenError(f"You may not {verb} who may do what with “{thing}”.")
            return thing

    SharesView.get.__doc__ = f"Who may do what with the {noun}, and from where: a grant on it, or one on all."
    SharesView.put.__doc__ = (
        f"Let a person or a group hold exactly these rights on the {noun}, none that you lack."
    )
    SharesView.delete.__doc__ = f"Take away what a person or a group holds on this very {noun}."
    return SharesView


WorkflowSharesView = shares_view(
    "workflow", "workflows", lambda view, pk: workflow_for(view, pk, "view"), "edit"
)
ModuleSharesView = shares_view("module", "modules", module_for)
PolicySharesView = shares_view("policy", "policies", policy_for)
