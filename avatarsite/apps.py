from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "avatarsite"
    default = True

    def ready(self) -> None:
        from avatarsite import checks  # noqa: F401  # registers itself
        from avatarsite.emails import watch_addresses

        watch_addresses()


class SessionListConfig(UserSessionsConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's own, whose receivers are there only after its `ready`."""

    def ready(self) -> None:
        super().ready()
        from avatarsite import session_list

        session_list.watch()
