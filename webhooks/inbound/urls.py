from __future__ import annotations

from django.urls import path

from automations.api.shares import shares_view
from webhooks.inbound import api, receipts_api

ENDPOINT = "endpoints/<slug:key>/"

urlpatterns = [
    path("endpoints/", api.EndpointsView.as_view(), name="endpoints"),
    path(ENDPOINT, api.EndpointView.as_view(), name="endpoint"),
    path(f"{ENDPOINT}secrets/", api.EndpointSecretsView.as_view(), name="endpoint-secrets"),
    path(f"{ENDPOINT}secrets/<int:number>/", api.EndpointSecretView.as_view(), name="endpoint-secret"),
    path(f"{ENDPOINT}address/", api.EndpointAddressView.as_view(), name="endpoint-address"),
    path(
        f"{ENDPOINT}shares/",
        shares_view("endpoint", "endpoints", api.endpoint_for).as_view(),
        name="endpoint-shares",
    ),
    path(f"{ENDPOINT}test/", api.EndpointTestView.as_view(), name="endpoint-test"),
    path("receipts/", receipts_api.ReceiptsView.as_view(), name="receipts"),
    path("receipts/<int:pk>/", receipts_api.ReceiptView.as_view(), name="receipt"),
]
