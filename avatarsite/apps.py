from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "avatarsite"

    def ready(self) -> None:
        from avatarsite import checks, sign_in_log  # noqa: F401  # checks register themselves
        from avatarsite.emails import watch_addresses

        watch_addresses()
        sign_in_log.watch()
