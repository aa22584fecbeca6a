"""The tables of the first migration, one module for each of `models`."""

from webhooks.migrations._first import (
    delivery,
    destination,
    inbound,
    resending,
    secrets,
    subscription,
    unknown,
)

TABLES = (
    *inbound.TABLES,
    *secrets.TABLES,
    *destination.TABLES,
    *resending.TABLES,
    *delivery.TABLES,
    *subscription.TABLES,
    *unknown.TABLES,
)
