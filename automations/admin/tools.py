"""Pages beside an object's own page: what one looks at before one acts, and forms whose judges are the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse

from automations.admin.base import SeenAdmin
from automations.engine.errors import Problem
from automations.errors import InvalidError, ServiceError


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to read; `empty` says what it means that there are none."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "Nothing yet."


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences to read."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Links:
    """Other addresses, among them those of files to keep."""

    title: str
    links: Sequence[tuple[str, str]]


Block = Table | Lines | Links


class ToolForm(forms.Form):
    """What a task asks for, about a thing and by somebody; None stands for no thing in particular."""

    def __init__(self, data: Any = None, files: Any = None, *, thing: Any, actor: Any, prefix: str) -> None:
        super().__init__(data, files, prefix=prefix)
        self.prepare(thing, actor)

    def prepare(self, thing: Any, actor: Any) -> None:
        """Fit the fields to the thing and the person."""

    def tell(self, problems: Sequence[Problem]) -> None:
        """Problems at the fields that they are about."""
        for problem in problems:
            name = problem.path.partition(".")[0].partition("[")[0]
            where = f"{problem.path}: " if problem.path not in ("", name) else ""
            text = f"{where}{problem.message} {problem.hint}".strip()
            self.add_error(name if name in self.fields else None, ValidationError(text))


class ReasonForm(ToolForm):
    reason = forms.CharField(
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text="Kept in the audit.",
    )


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do on a page. `act(thing, actor, given)` does it through a service that asks for the right; it returns a
    sentence about what was done, or what there is to read now. Whoever only `reads` may do so with somebody else's
    eyes, too."""

    key: str
    button: str
    act: Callable[[Any, Any, Mapping[str, Any]], str | Sequence[Block]]
    form: type[ToolForm] = ToolForm
    help: str = ""
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A page: its address below the thing's, what leads to it, who is led there, what stands there, what can be done."""

    slug: str
    link: str
    may: Callable[[Any, Any], bool]
    show: Callable[[Any, Any], Sequence[Block]] = field(default=lambda thing, actor: ())
    tasks: Callable[[Any, Any], Sequence[Task]] = field(default=lambda thing, actor: ())


class ToolPages(SeenAdmin):
    """An admin whose things have tools, or whose list has."""

    tools: Sequence[Tool] = ()
    list_tools: Sequence[Tool] = ()
    change_form_template = "admin/automations/tools_change_form.html"
    change_list_template = "admin/automations/tools_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        kind = f"{self.opts.app_label}_{self.opts.model_name}"
        listed = [
            path(f"tools/{tool.slug}/", self._page(tool, of_list=True), name=f"{kind}_{tool.slug}")
            for tool in self.list_tools
        ]
        of_things = [
            path(f"<path:object_id>/tools/{tool.slug}/", self._page(tool), name=f"{kind}_{tool.slug}")
            for tool in self.tools
        ]
        return [*listed, *of_things, *super().get_urls()]

    def _page(self, tool: Tool, *, of_list: bool = False) -> Any:
        def page(request: HttpRequest, object_id: str = "") -> HttpResponse:
            thing = None if of_list else self.get_object(request, object_id)
            if thing is None and not of_list:
                raise Http404
            if not (request.user.is_staff and tool.may(request.user, thing)):
                raise PermissionDenied
            return self._answer(request, tool, thing)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return self.admin_site.admin_view(page)(request, *args, **kwargs)

        return guarded

    def _answer(self, request: HttpRequest, tool: Tool, thing: Any) -> HttpResponse:
        actor = request.user
        tasks = {task.key: task for task in tool.tasks(thing, actor)}
        shown = {key: task.form(thing=thing, actor=actor, prefix=key) for key, task in tasks.items()}
        sent = request.POST if request.method == "POST" else request.GET
        task = tasks.get(sent.get("task", ""))
        found: Sequence[Block] = ()
        if task is not None and (task.reads or request.method == "POST"):
            form = task.form(sent, request.FILES, thing=thing, actor=actor, prefix=task.key)
            shown[task.key] = form
            done = _done(task, form, thing, actor)
            if isinstance(done, str):
                messages.success(request, done)
                return HttpResponseRedirect(request.path)
            found = done or ()
        elif request.method == "POST":
            messages.error(request, "That can't be done here any more; this is how it stands now.")
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{tool.link.removesuffix('…')}: {thing}" if thing is not None else tool.link,
            "opts": self.opts,
            "thing": thing,
            "tool": tool,
            "found": found,
            "blocks": tool.show(thing, actor),
            "tasks": [(one, shown[key]) for key, one in tasks.items()],
        }
        return TemplateResponse(request, "admin/automations/tool.html", context)

    def offered(self, actor: Any, thing: Any) -> list[tuple[str, str]]:
        """(text, address) of the tools of a thing, or of the list, that somebody may open."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        tools, args = (self.tools, (thing.pk,)) if thing is not None else (self.list_tools, ())
        return [
            (tool.link, reverse(f"{name}_{tool.slug}", args=args)) for tool in tools if tool.may(actor, thing)
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        thing = context.get("original")
        context["tools"] = self.offered(request.user, thing) if thing is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        tools = {"tools": self.offered(request.user, None)}
        return super().changelist_view(request, {**tools, **(extra_context or {})})


def _done(task: Task, form: ToolForm, thing: Any, actor: Any) -> str | Sequence[Block] | None:
    """What came of a task; None where something was refused, which stands in the form."""
    if not form.is_valid():
        return None
    try:
        return task.act(thing, actor, form.cleaned_data)
    except InvalidError as error:
        form.tell(error.problems)
    except ServiceError as error:
        form.add_error(None, error.detail)
    return None


def file_links(*links: tuple[str, str, str], args: Sequence[Any] = ()) -> list[tuple[str, str]]:
    """(text, address) of answers of the API that people keep as files: (text, route, query). None of them where the host
    shows the API elsewhere."""
    try:
        return [(text, f"{reverse(route, args=args)}{query}") for text, route, query in links]
    except NoReverseMatch:
        return []
