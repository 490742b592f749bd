"""The routes of public pictures, which are the same for everybody.

They are part of `profiles.urls`, and answered by `CookielessMedia` without sessions.
"""

from __future__ import annotations

from django.urls import path, re_path

from profiles.views import avatar

urlpatterns = [
    path("avatar/<str:identifier>.json", avatar.receipt, name="avatar_json"),
    path("avatar/<str:identifier>", avatar.avatar, name="avatar"),
    re_path(r"^pictures/([0-9a-f]{64})\.(webp|png|jpg|avif)$", avatar.content, name="content"),
]
