"""The one address that must be at the root of the host: the public keys of signed receipts (RFC 8615).

`profiles.urls` may be mounted anywhere; a project that signs receipts includes this at "".
"""

from __future__ import annotations

from django.urls import path

from profiles.views import avatar

app_name = "profiles_well_known"
urlpatterns = [path(".well-known/avatarsite-receipt-keys.json", avatar.receipt_keys, name="receipt_keys")]
