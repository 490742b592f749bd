from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SiteConfig(AppConfig):
    name = "avatarsite"

    def ready(self) -> None:
        from avatarsite import checks, sign_in_log  # noqa: F401  # checks register themselves
        from avatarsite.emails import watch_addresses
        from avatarsite.proving import note_time

        user_logged_in.connect(note_time, dispatch_uid="avatarsite.note_time")
        watch_addresses()
        sign_in_log.watch()
