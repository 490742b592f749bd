from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "avatarsite"

    def ready(self) -> None:
        from avatarsite import checks  # noqa: F401  # registers itself
