"""The app of people's ways in. Every receiver that it connects is named here."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import sign_in_log
        from users.emails import watch_addresses
        from users.proof import note_time

        user_logged_in.connect(note_time, dispatch_uid="users.note_time")
        watch_addresses()
        sign_in_log.watch()


class SessionListConfig(UserSessionsConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's own list of sessions, whose receivers exist only after its `ready`."""

    def ready(self) -> None:
        super().ready()
        from users import sessions

        sessions.watch()


class SiteAdminConfig(AdminConfig):
    default_site = "users.admin_site.SiteAdmin"

    def ready(self) -> None:
        super().ready()
        from users import admin

        admin.replace()
