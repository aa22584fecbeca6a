from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from builder.approval_link import approval_by_link
from builder.views import SignInView, page, stop_viewing

urlpatterns = [
    path("", page, name="home"),
    path("workflows/", page, name="workflows-page"),
    path("workflows/new/", page, name="new-workflow-page"),
    path("workflows/<int:pk>/", page, name="workflow-page"),
    path("workflows/<int:pk>/runs/", page, name="workflow-runs-page"),
    path("workflows/<int:pk>/versions/", page, name="versions-page"),
    path("workflows/<int:pk>/promote/", page, name="promote-page"),
    path("workflows/<int:pk>/golive/", page, name="golive-page"),
    path("workflows/<int:pk>/backtests/", page, name="backtests-page"),
    path("workflows/<int:pk>/settings/", page, name="settings-page"),
    path("alerts/", page, name="alerts-page"),
    path("mode-policies/", page, name="mode-policies-page"),
    path("runs/", page, name="runs-page"),
    path("runs/<int:pk>/", page, name="run-page"),
    path("redrives/<int:pk>/", page, name="redrive-page"),
    path("dead-letters/", page, name="dead-letters-page"),
    path("dead-letters/<slug:fingerprint>/", page, name="cause-page"),
    path("decisions/", page, name="decisions-page"),
    path("events/", page, name="events-page"),
    path("events/<int:pk>/", page, name="event-page"),
    path("records/", page, name="modules-page"),
    path("records/<slug:module>/", page, name="records-page"),
    path("records/<slug:module>/<path:record>/", page, name="record-page"),
    path("conditions/", page, name="conditions-page"),
    path("conditions/new/", page, name="new-condition-page"),
    path("conditions/<slug:key>/", page, name="condition-page"),
    path("webhooks/", page, name="webhooks-page"),
    path("webhooks/new/", page, name="new-endpoint-page"),
    path("webhooks/endpoints/<slug:key>/", page, name="endpoint-page"),
    path("webhooks/destinations/", page, name="destinations-page"),
    path("webhooks/destinations/new/", page, name="new-destination-page"),
    path("webhooks/destinations/<slug:key>/", page, name="destination-page"),
    path("webhooks/deliveries/<int:pk>/", page, name="delivery-page"),
    path("webhooks/secrets/", page, name="secrets-page"),
    path("webhooks/secrets/new/", page, name="new-secret-page"),
    path("webhooks/secrets/<slug:key>/", page, name="secret-page"),
    path("audit/", page, name="audit-page"),
    path("approvals/", page, name="approvals-page"),
    path("approvals/<int:pk>/", page, name="approval-page"),
    path("approvals/by-link/<str:token>/", approval_by_link, name="approval-by-link"),
    path("viewing/stop/", stop_viewing, name="stop-viewing"),
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
