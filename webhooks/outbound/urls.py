from __future__ import annotations

from django.urls import path

from automations.api.shares import shares_view
from webhooks.outbound import (
    api,
    backlog_api,
    deliveries_api,
    resendings_api,
    rule_destinations_api,
    subscriptions_api,
    unknowns_api,
)
from webhooks.secrets import api as secrets_api

DESTINATION = "destinations/<slug:key>/"
SECRET = "secrets/<slug:key>/"  # noqa: S105 - an address

urlpatterns = [
    path("destinations/", api.DestinationsView.as_view(), name="destinations"),
    path(DESTINATION, api.DestinationView.as_view(), name="destination"),
    path(f"{DESTINATION}enable/", api.DestinationEnableView.as_view(), name="destination-enable"),
    path(f"{DESTINATION}disable/", api.DestinationDisableView.as_view(), name="destination-disable"),
    path(f"{DESTINATION}rotate/", api.DestinationRotateView.as_view(), name="destination-rotate"),
    path(f"{DESTINATION}backlog/", backlog_api.DestinationBacklogView.as_view(), name="destination-backlog"),
    path(f"{DESTINATION}test/", backlog_api.DestinationTestView.as_view(), name="destination-test"),
    path(f"{DESTINATION}recover/", api.DestinationRecoverView.as_view(), name="destination-recover"),
    path(
        f"{DESTINATION}shares/",
        shares_view("destination", "destinations", api.destination_for).as_view(),
        name="destination-shares",
    ),
    path(
        f"{DESTINATION}subscriptions/",
        subscriptions_api.SubscriptionsView.as_view(),
        name="destination-subscriptions",
    ),
    path("subscriptions/<int:pk>/", subscriptions_api.SubscriptionView.as_view(), name="subscription"),
    path("alert-rules/", rule_destinations_api.RulesDestinationsView.as_view(), name="rules-destinations"),
    path(
        "alert-rules/<int:pk>/destinations/",
        rule_destinations_api.RuleDestinationsView.as_view(),
        name="rule-destinations",
    ),
    path("product-events/", subscriptions_api.ProductEventsView.as_view(), name="product-events"),
    path("resendings/", resendings_api.ResendingsView.as_view(), name="resendings"),
    path("resendings/count/", resendings_api.ResendingCountView.as_view(), name="resending-count"),
    path("resendings/<int:pk>/", resendings_api.ResendingView.as_view(), name="resending"),
    path("resendings/<int:pk>/stop/", resendings_api.ResendingStopView.as_view(), name="resending-stop"),
    path("deliveries/", deliveries_api.DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/", deliveries_api.DeliveryView.as_view(), name="delivery"),
    path("deliveries/<int:pk>/resend/", deliveries_api.DeliveryResendView.as_view(), name="delivery-resend"),
    path("unknown-outcomes/", unknowns_api.UnknownsView.as_view(), name="unknown-outcomes"),
    path("unknown-outcomes/<int:pk>/", unknowns_api.UnknownView.as_view(), name="unknown-outcome"),
    path(
        "unknown-outcomes/<int:pk>/reply/",
        unknowns_api.UnknownReplyView.as_view(),
        name="unknown-outcome-reply",
    ),
    path("secrets/", secrets_api.SecretsView.as_view(), name="secrets"),
    path(SECRET, secrets_api.SecretView.as_view(), name="secret"),
    path(f"{SECRET}value/", secrets_api.SecretValueView.as_view(), name="secret-value"),
    path(f"{SECRET}value/take-back/", secrets_api.SecretTakeBackView.as_view(), name="secret-take-back"),
    path(
        f"{SECRET}shares/",
        shares_view("secret", "secrets", secrets_api.secret_for).as_view(),
        name="secret-shares",
    ),
]
