"""The site's URLs (stable from the first release). Apps bring their own; this file only composes."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from avatarsite import languages, legal_pages, pages, site_files
from avatarsite.ops import health, local_mail, metrics

handler400 = "profiles.views.failures.bad_request"
handler404 = "profiles.views.failures.not_found"
handler500 = "profiles.views.failures.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("", include("profiles.urls")),
    path("robots.txt", site_files.robots, name="robots"),
    path("manifest.webmanifest", site_files.manifest, name="manifest"),
    path("favicon.ico", site_files.favicon, name="favicon"),
    path("apple-touch-icon.png", site_files.apple_touch_icon, name="apple_touch_icon"),
    path(".well-known/change-password", site_files.change_password, name="well_known_change_password"),
    path("privacy/", legal_pages.privacy, name="privacy"),
    path("terms/", legal_pages.terms, name="terms"),
    path("contact/", legal_pages.contact, name="contact"),
    path("help/", legal_pages.help_page, name="help"),
    path("language/", languages.choose, name="language"),
    path("accounts/", include("users.urls")),  # before allauth's pages, of which it replaces some
    path("accounts/", include("allauth.urls")),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("readyz/<slug:role>", health.readyz, name="readyz_role"),
    path("metrics", metrics.metrics, name="metrics"),
    path("local/mail/", local_mail.outbox, name="local_mail"),
    path("local/mail/<int:place>/", local_mail.html, name="local_mail_html"),
    path("", include("profiles.well_known_urls")),
    path("", include("profiles.api.unknown_urls")),
]
if apps.is_installed("nft"):
    urlpatterns.insert(2, path("", include("nft.urls")))
