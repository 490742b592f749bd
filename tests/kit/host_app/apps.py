"""What a host project tells the apps: its own source of pictures, an identifier, and the signals it receives."""

from __future__ import annotations

from django.apps import AppConfig


class HostConfig(AppConfig):
    name = "tests.kit.host_app"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models import Q

        from profiles import signals
        from profiles.sources import Source, register_identifier_resolver, register_source, register_upload_check
        from tests.kit.host_app import badges

        mark = badges.describe_mark
        register_source(Source("badge", "Badge", provenance=badges.receipt, mark=mark, unchecked="The club is closed."))
        register_identifier_resolver("member", lambda text: Q(user__email=text) if "@" in text else None)
        register_upload_check(lambda avatar: "")
        for name in badges.SIGNALS:
            getattr(signals, name).connect(badges.receive, dispatch_uid=f"host.{name}", weak=False)
