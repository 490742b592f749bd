"""Pages for people's ways in that replace or complete allauth's. Include them before `allauth.urls`."""

from __future__ import annotations

from allauth.account.views import password_set
from django.apps import apps
from django.urls import URLPattern, path, re_path

from profiles.people.proof import proof_required
from users import account_pages, views
from users.passkeys import RemovePasskey
from users.proof import ASK_WALLET

urlpatterns: list[URLPattern] = [
    # These have the addresses and the names of allauth's own pages.
    path("signup/", account_pages.SignUp.as_view(), name="account_signup"),
    path("email/", account_pages.Addresses.as_view(), name="account_email"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", account_pages.ConfirmAddress.as_view(), name="account_confirm_email"),
    path("password/set/", proof_required(password_set, reading=True), name="account_set_password"),
    path("2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("sessions/", views.Sessions.as_view(), name="usersessions_list"),
    path("sessions/<int:session_id>/end/", views.end_session, name="session_end"),
    path("sessions/end/", views.end_all, name="sessions_end"),
]
if apps.is_installed("nft"):
    urlpatterns.append(path("wallet/reauthenticate/", views.ByWallet.as_view(), name=ASK_WALLET))
