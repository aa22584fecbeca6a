"""The addresses under /api/v1/. Every one ends with a slash; without it they answer the same."""

from __future__ import annotations

from django.urls import path, re_path

from automations.api import (
    catalog,
    events,
    explanations,
    firings,
    graphs,
    me,
    modules,
    notifications,
    overview,
    people,
    policies,
    records,
    releases,
    runs,
    sources,
    tokens,
    views,
    workflows,
)

app_name = "api"

RECORD = "modules/<slug:module_key>/records/<str:key>/"
WORKFLOW = "workflows/<int:pk>/"

urlpatterns = [
    path("me/", me.MeView.as_view(), name="me"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("overview/", overview.OverviewView.as_view(), name="overview"),
    path("catalog/", catalog.CatalogView.as_view(), name="catalog"),
    path("modules/", modules.ModulesView.as_view(), name="modules"),
    path("modules/<slug:key>/", modules.ModuleView.as_view(), name="module"),
    path("modules/<slug:key>/explain/", explanations.ExplainView.as_view(), name="module-explain"),
    path("modules/<slug:module_key>/records/", records.RecordsView.as_view(), name="records"),
    path(RECORD, records.RecordView.as_view(), name="record"),
    path(f"{RECORD}changes/", records.RecordChangesView.as_view(), name="record-changes"),
    path(f"{RECORD}comments/", records.RecordCommentsView.as_view(), name="record-comments"),
    path("policies/", policies.PoliciesView.as_view(), name="policies"),
    path("policies/<slug:key>/", policies.PolicyView.as_view(), name="policy"),
    path("policies/<slug:key>/revisions/", policies.RevisionsView.as_view(), name="policy-revisions"),
    path("sources/", sources.SourcesView.as_view(), name="sources"),
    path("sources/<str:key>/", sources.SourceView.as_view(), name="source"),
    path("events/", events.EventsView.as_view(), name="events"),
    path("events/<int:pk>/", events.EventView.as_view(), name="event"),
    path("decisions/", events.DecisionsView.as_view(), name="decisions"),
    path("workflows/", workflows.WorkflowsView.as_view(), name="workflows"),
    path("workflows/activity/", overview.ActivityView.as_view(), name="workflows-activity"),
    path(WORKFLOW, workflows.WorkflowView.as_view(), name="workflow"),
    path(f"{WORKFLOW}pause/", workflows.WorkflowPauseView.as_view(), name="workflow-pause"),
    path(f"{WORKFLOW}resume/", workflows.WorkflowResumeView.as_view(), name="workflow-resume"),
    path(f"{WORKFLOW}grid/", overview.GridView.as_view(), name="workflow-grid"),
    path(f"{WORKFLOW}graph/", graphs.GraphView.as_view(), name="workflow-graph"),
    path(f"{WORKFLOW}validate/", graphs.ValidateView.as_view(), name="workflow-validate"),
    path(f"{WORKFLOW}run-test/", graphs.RunTestView.as_view(), name="workflow-run-test"),
    path(
        f"{WORKFLOW}triggers/<str:node>/preview/",
        firings.TriggerPreviewView.as_view(),
        name="workflow-trigger-preview",
    ),
    path(f"{WORKFLOW}run/", releases.StartRunView.as_view(), name="workflow-run"),
    path(f"{WORKFLOW}publish/", releases.PublishView.as_view(), name="workflow-publish"),
    path(f"{WORKFLOW}promote/", releases.PromoteView.as_view(), name="workflow-promote"),
    path(f"{WORKFLOW}demote/", releases.DemoteView.as_view(), name="workflow-demote"),
    path(f"{WORKFLOW}rollback/", releases.RollbackView.as_view(), name="workflow-rollback"),
    path(f"{WORKFLOW}versions/", releases.VersionsView.as_view(), name="versions"),
    path(f"{WORKFLOW}versions/<int:number>/", releases.VersionView.as_view(), name="version"),
    path("runs/", runs.RunsView.as_view(), name="runs"),
    path("runs/<int:pk>/", runs.RunView.as_view(), name="run"),
    path("runs/<int:pk>/steps/", runs.RunStepsView.as_view(), name="run-steps"),
    path("runs/<int:pk>/logs/", runs.RunLogsView.as_view(), name="run-logs"),
    path("runs/<int:pk>/cancel/", runs.RunCancelView.as_view(), name="run-cancel"),
    path("notifications/", notifications.NotificationsView.as_view(), name="notifications"),
    path(
        "notifications/<int:pk>/read/", notifications.NotificationReadView.as_view(), name="notification-read"
    ),
    path("tokens/", tokens.TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:pk>/", tokens.TokenView.as_view(), name="token"),
    path("schema/", views.SchemaView.as_view(), name="schema"),
    re_path(r"", views.UnknownAddressView.as_view(), name="unknown"),
]
