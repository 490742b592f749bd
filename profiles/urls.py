from __future__ import annotations

from django.urls import include, path, re_path

from profiles.views import avatar, direct_upload, pages, picture, welcome

app_name = "profiles"
urlpatterns = [
    path("", include("profiles.api.urls")),
    path("u/<slug:handle>/", pages.public, name="public"),
    path("settings/profile/", pages.edit, name="edit"),
    path("settings/welcome/", welcome.welcome, name="welcome"),
    path("settings/picture/", picture.picture, name="picture"),
    path("settings/picture/direct/", direct_upload.begin, name="direct"),
    path("settings/picture/direct/<uuid:ticket_id>/done/", direct_upload.finish, name="direct_done"),
    path("settings/picture/<uuid:avatar_id>/use/", picture.use, name="picture_use"),
    path("settings/picture/<uuid:avatar_id>/remove/", picture.remove, name="picture_remove"),
    path("settings/picture/<uuid:avatar_id>/restore/", picture.restore, name="picture_restore"),
    path("settings/picture/<uuid:avatar_id>/alt/", picture.alt, name="picture_alt"),
    path("avatar/<str:identifier>.json", avatar.receipt, name="avatar_json"),
    path("avatar/<str:identifier>", avatar.avatar, name="avatar"),
    re_path(r"^pictures/([0-9a-f]{64})\.(webp|png|jpg|avif)$", avatar.content, name="content"),
]
