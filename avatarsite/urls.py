"""The site's URLs (stable from the first release). Apps bring their own; this file only composes."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from avatarsite import health, local_mail, pages

# The admin's own login form knows no second factor; this sends people through the site's.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("local/mail/", local_mail.outbox, name="local_mail"),
    path("", include("profiles.urls")),
]
if apps.is_installed("nft"):
    urlpatterns.insert(1, path("", include("nft.urls")))
