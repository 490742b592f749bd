from __future__ import annotations

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from profiles import checks  # noqa: F401  # registers itself
        from profiles.store.purge import watch_holders

        watch_holders()
