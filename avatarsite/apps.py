from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "avatarsite"

    def ready(self) -> None:
        from avatarsite import (
            celery,  # noqa: F401  # the app that `profiles.jobs` queues jobs with
            checks,  # noqa: F401  # registers itself
        )
        from avatarsite.ops import desk, error_reports
        from profiles.page_parts import register_page_part

        register_page_part("edit", "components/language_choice.html")
        register_page_part("appeal", "components/contact_link.html")
        error_reports.start()
        desk.register()
