from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "config.demo"
    label = "demo"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from automations.modules.native import register_module
        from config.demo.models import Order

        register_module(
            Order,
            key="orders",
            name="Orders",
            fields=[
                "customer",
                "region",
                "amount",
                "status",
                "placed_at",
                "due_on",
                "is_priority",
                "owner",
                "notes",
            ],
            key_field="number",
            title_field="customer",
            status_field="status",
            transitions={"draft": ["paid"], "paid": ["shipped", "refunded"], "shipped": ["refunded"]},
            team="Finance",
        )
