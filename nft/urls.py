"""Addresses of everything about wallets, tokens and minting (design.md, URLs)."""

from __future__ import annotations

from django.urls import path

from nft.views import sign_in, wallets

app_name = "nft"
urlpatterns = [
    # Accounts
    path("accounts/wallet/challenge/", sign_in.challenge, name="challenge"),
    path("accounts/wallet/verify/", sign_in.verify, name="verify"),
    path("settings/wallets/", wallets.wallets, name="wallets"),
    path("settings/wallets/<uuid:account_id>/", wallets.wallet_update, name="wallet_update"),
    path("settings/wallets/<uuid:account_id>/unlink/", wallets.wallet_unlink, name="wallet_unlink"),
]
