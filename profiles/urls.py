from __future__ import annotations

from django.urls import include, path

from profiles import media_urls
from profiles.views import (
    avatar,
    direct_upload,
    handles,
    history,
    loss,
    notices,
    own_data,
    people,
    picture,
    reports,
    web_upload,
)

app_name = "profiles"
urlpatterns = [
    *media_urls.urlpatterns,  # first, as they are asked for most
    path("", include("profiles.api.urls")),
    path("u/<slug:handle>/", people.public, name="public"),
    path("u/<slug:handle>/use/", people.use, name="use"),
    path("u/<slug:handle>/qr.svg", people.qr, name="qr"),
    path("u/<slug:handle>/card.jpg", avatar.card, name="card"),
    path("handles/check/", handles.check, name="handle_check"),
    path("settings/profile/", people.edit, name="edit"),
    path("u/<slug:handle>/report/", reports.report, name="report"),
    path("u/<slug:handle>/receipt/", people.receipt, name="receipt"),
    path("appeal/<str:token>/", reports.appeal, name="appeal"),
    path("settings/picture/<uuid:avatar_id>/appeal/", reports.appeal_picture, name="picture_appeal"),
    path("settings/loss/", loss.loss, name="loss"),
    path("notices/", notices.notices, name="notices"),
    path("notices/unread/", notices.unread, name="notices_unread"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/unsubscribe/<str:token>/", notices.unsubscribe, name="unsubscribe"),
    path("settings/notices/", notices.choices, name="notice_settings"),
    path("settings/notices/<uuid:notice_id>/dismiss/", notices.read_one, name="notice_dismiss"),
    path("settings/data/", own_data.data, name="data"),
    path("settings/data/export/", own_data.export, name="data_export"),
    path("settings/data/export/status.json", own_data.export_status, name="data_status"),
    path("settings/data/export.zip", own_data.download, name="data_download"),
    path("settings/data/delete/", own_data.delete, name="data_delete"),
    path("settings/data/keep/", own_data.keep, name="keep"),
    path("settings/welcome/", people.welcome, name="welcome"),
    path("settings/picture/", picture.picture, name="picture"),
    path("settings/picture/fetch/", web_upload.fetch, name="picture_fetch"),
    path("settings/picture/direct/", direct_upload.begin, name="direct"),
    path("settings/picture/direct/<uuid:ticket_id>/done/", direct_upload.finish, name="direct_done"),
    path("settings/picture/older/", history.older, name="history"),
    path("settings/picture/<uuid:avatar_id>/use/", history.use, name="picture_use"),
    path("settings/picture/<uuid:avatar_id>/remove/", history.remove, name="picture_remove"),
    path("settings/picture/<uuid:avatar_id>/restore/", history.restore, name="picture_restore"),
    path("settings/picture/<uuid:avatar_id>/alt/", history.alt, name="picture_alt"),
    path("settings/picture/<uuid:avatar_id>/crop/", picture.crop, name="picture_crop"),
    path("settings/picture/<uuid:avatar_id>/whole/", picture.whole, name="picture_whole"),
]
