from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AutomationsConfig(AppConfig):
    name = "automations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from automations import checks  # noqa: F401 - registers the system checks
        from automations.insight.review.press import PRESS
        from automations.modules.native import on_record_written
        from automations.runtime.duties import DUTIES
        from automations.runtime.writes import report_native_write
        from automations.services import breakers, mode_policies, reviews, watching
        from automations.services.backfilling import lane as backfills
        from automations.services.redriving import lane as redrives

        redrives.register()
        backfills.register()
        DUTIES.register("alerts", lambda now: watching.watch_in_time(now=now))
        DUTIES.register("breakers", lambda now: breakers.attend_breakers(now=now))
        DUTIES.register("mode policies", lambda now: mode_policies.end_due_mode_policies(now=now))
        DUTIES.register("reviews", lambda now: reviews.keep_due(press=PRESS, now=now))
        on_record_written(report_native_write)
        post_migrate.connect(_after_migrate, sender=self, dispatch_uid="automations:after_migrate")


def _after_migrate(**_: object) -> None:
    """Registered models as module rows with their trigger sources, and the role groups."""
    from automations.modules.native import sync_native_modules
    from automations.permissions import seed_roles
    from automations.runtime.alert_rules import seed_fallback
    from automations.runtime.writes import module_source

    for module in sync_native_modules():
        module_source(module)
    seed_roles()
    seed_fallback()
