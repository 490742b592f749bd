"""The addresses of public pictures: no session, no cookie, the same for everybody. Part of `profiles.urls`; also what
`CookielessMedia` answers by itself."""

from __future__ import annotations

from django.urls import path, re_path

from profiles.views import avatar

urlpatterns = [
    path("avatar/<str:identifier>.json", avatar.receipt, name="avatar_json"),
    path("avatar/<str:identifier>", avatar.avatar, name="avatar"),
    re_path(r"^pictures/([0-9a-f]{64})\.(webp|png|jpg|avif)$", avatar.content, name="content"),
]
