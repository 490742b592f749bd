from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    default_site = "avatarsite.admin_site.SiteAdmin"
