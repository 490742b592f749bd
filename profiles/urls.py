from __future__ import annotations

from django.urls import include, path

from profiles import media_urls
from profiles.views import direct_upload, pages, picture

app_name = "profiles"
urlpatterns = [
    path("", include("profiles.api.urls")),
    path("u/<slug:handle>/", pages.public, name="public"),
    path("settings/profile/", pages.edit, name="edit"),
    path("settings/picture/", picture.picture, name="picture"),
    path("settings/picture/direct/", direct_upload.begin, name="direct"),
    path("settings/picture/direct/<uuid:ticket_id>/done/", direct_upload.finish, name="direct_done"),
    path("settings/picture/<uuid:avatar_id>/use/", picture.use, name="picture_use"),
    path("settings/picture/<uuid:avatar_id>/remove/", picture.remove, name="picture_remove"),
    path("settings/picture/<uuid:avatar_id>/restore/", picture.restore, name="picture_restore"),
    path("settings/picture/<uuid:avatar_id>/alt/", picture.alt, name="picture_alt"),
    *media_urls.urlpatterns,
]
