from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SiteConfig(AppConfig):
    name = "avatarsite"
    default = True

    def ready(self) -> None:
        from avatarsite import checks, sign_in_log  # noqa: F401  # checks register themselves
        from avatarsite.emails import watch_addresses
        from avatarsite.proving import note_time

        user_logged_in.connect(note_time, dispatch_uid="avatarsite.note_time")
        watch_addresses()
        sign_in_log.watch()


class SessionListConfig(UserSessionsConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's own, whose receivers are there only after its `ready`."""

    def ready(self) -> None:
        super().ready()
        from avatarsite import session_list

        session_list.watch()
