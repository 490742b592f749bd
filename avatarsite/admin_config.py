from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    default_site = "avatarsite.admin_site.SiteAdmin"

    def ready(self) -> None:
        super().ready()
        from avatarsite import admin_people

        admin_people.replace()
