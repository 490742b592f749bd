"""The site's URLs (stable from the first release). Apps bring their own; this file only composes."""

from __future__ import annotations

from allauth.account.views import password_set
from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from avatarsite import pages
from avatarsite.ops import health, local_mail, metrics
from profiles.people.proof import proof_required
from users import views
from users.passkeys import RemovePasskey
from users.proof import ASK_WALLET
from users.views import ByWallet

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    # These four stand before allauth's pages of the same addresses.
    path("accounts/password/set/", proof_required(password_set, reading=True), name="account_set_password"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("accounts/sessions/", views.Sessions.as_view(), name="usersessions_list"),
    path("accounts/sessions/<int:session_id>/end/", views.end_session, name="session_end"),
    path("accounts/sessions/end/", views.end_all, name="sessions_end"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("local/mail/", local_mail.outbox, name="local_mail"),
    path("", include("profiles.urls")),
]
if apps.is_installed("nft"):
    urlpatterns.insert(1, path("", include("nft.urls")))
    urlpatterns.insert(1, path("accounts/wallet/reauthenticate/", ByWallet.as_view(), name=ASK_WALLET))
