"""People and pictures for staff, who look, and remove pictures with a reason. Nobody sets a picture for another."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.contrib.admin.helpers import ActionForm
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from profiles.admin_base import LeasedAdmin, NeedsAttention, ReadOnlyAdmin, email_lookups, username_lookup
from profiles.models import (
    AccountDeletion,
    AuditEntry,
    Avatar,
    DataExport,
    Notice,
    Profile,
    Rendition,
    StoredImage,
    StoreShard,
)
from profiles.people.signed_in import signed_in
from profiles.pictures.changing import AvatarError
from profiles.pictures.rights import moderate_avatar
from profiles.sentences import gettext as _
from profiles.store.renditions import content_url, pick_rendition

THUMBNAIL = 48  # pixels
# Exact lookups that find a profile by its user.
_PERSON = [f"={lookup}" for lookup in dict.fromkeys([username_lookup(), *email_lookups()])]


def thumbnail(image: StoredImage) -> SafeString | str:
    rendition = pick_rendition(image.renditions.all(), THUMBNAIL)
    if rendition is None:
        return _("none")
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="" loading="lazy">', content_url(rendition), THUMBNAIL, THUMBNAIL
    )


RENDITIONS = Rendition.objects.order_by("size")


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    list_display = ["picture", "handle", "display_name", "user", "source", "avatar_version", "updated_at"]
    list_display_links = ["handle"]
    list_select_related = ["user", "avatar__image"]
    search_fields = ["handle", "display_name", *_PERSON]
    search_help_text = gettext_lazy("Handle, name, or the exact username or e-mail address.")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return super().get_queryset(request).prefetch_related(Prefetch("avatar__image__renditions", RENDITIONS))

    @admin.display(description="")
    def picture(self, profile: Profile) -> SafeString | str:
        return thumbnail(profile.avatar.image) if profile.avatar else _("none")

    @admin.display(ordering="avatar__source")
    def source(self, profile: Profile) -> str:
        return profile.avatar.get_source_display() if profile.avatar else _("none")


class ModerationActionForm(ActionForm):
    reason = forms.CharField(required=False, max_length=300, label=gettext_lazy("Reason (the person will read it)"))


@admin.register(Avatar)
class AvatarAdmin(ReadOnlyAdmin):
    list_display = ["picture", "title_or_id", "person", "source", "state", "is_locked", "attested_at", "chosen_at"]
    list_display_links = ["title_or_id"]
    list_filter = ["source", "state", "is_locked", "chosen_at"]
    list_select_related = ["profile", "image"]
    search_fields = ["=profile__handle", "title", "=reference"]
    hash_search_fields = ["image__sha256__exact"]
    search_help_text = gettext_lazy("Exact handle, reference or sha256, or part of the title.")
    ordering = ["-image_id"]  # newest pictures first, by an index
    actions = ["remove_for_the_site"]
    action_form = ModerationActionForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Avatar]:
        return super().get_queryset(request).prefetch_related(Prefetch("image__renditions", RENDITIONS))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.change_avatar")

    @admin.display(description="")
    def picture(self, avatar: Avatar) -> SafeString | str:
        return _("removed") if avatar.state == Avatar.State.REMOVED else thumbnail(avatar.image)

    @admin.display(description=gettext_lazy("Title"), ordering="title")
    def title_or_id(self, avatar: Avatar) -> str:
        return avatar.title or str(avatar.pk)[:8]

    @admin.display(description=gettext_lazy("Person"), ordering="profile__handle")
    def person(self, avatar: Avatar) -> SafeString:
        url = reverse("admin:profiles_profile_change", args=[avatar.profile_id])
        return format_html('<a href="{}">{}</a>', url, avatar.profile.handle)

    @admin.action(description=gettext_lazy("Remove for the site, with the reason beside"), permissions=["moderate"])
    def remove_for_the_site(self, request: HttpRequest, chosen: QuerySet[Avatar]) -> None:
        reason = request.POST.get("reason", "")
        try:
            removed = [moderate_avatar(pk, reason, signed_in(request)) for pk in chosen.values_list("pk", flat=True)]
        except AvatarError as error:
            self.message_user(request, error.sentence, messages.ERROR)
        else:
            self.message_user(
                request, _("Removed: %(count)s. Each has an audit entry.", count=len(removed)), messages.SUCCESS
            )


@admin.register(StoredImage)
class StoredImageAdmin(LeasedAdmin):
    """Stored pictures. One of which not every size could be made needs attention; its other sizes are shown."""

    list_display = ["picture", "sha256", "source_format", "width", "height", "frames", "byte_count", "created_at"]
    list_display_links = ["sha256"]
    list_filter = [NeedsAttention]
    search_fields = ["=source_format"]
    hash_search_fields = ["sha256__exact", "renditions__sha256__exact"]
    search_help_text = gettext_lazy("The exact sha256 of a picture, or of one of its renditions.")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredImage]:
        return super().get_queryset(request).prefetch_related(Prefetch("renditions", RENDITIONS))

    @admin.display(description="")
    def picture(self, image: StoredImage) -> SafeString | str:
        return thumbnail(image)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "profile", "actor", "detail"]
    list_filter = ["at"]
    list_select_related = ["profile", "actor"]
    search_fields = ["=profile__handle", "=action"]
    ordering = ["-pk"]


@admin.register(Notice)
class NoticeAdmin(LeasedAdmin):
    """What people were told. A mail that failed for a reason of ours needs attention.

    The facts are for the person alone: they name networks from which they signed in.
    """

    list_display = ["at", "profile", "kind", "read_at", "mailed_at", "mail_refusal", "due_at", "last_error"]
    list_filter = [NeedsAttention, "kind", ("mail_refusal", EmptyFieldListFilter)]
    exclude = ["facts"]
    list_select_related = ["profile"]
    ordering = ["-at"]
    raw_id_fields = ["profile", "avatar"]


@admin.register(DataExport)
class DataExportAdmin(LeasedAdmin):
    """Files of people's own data. Staff see how far they are, and have no way to what is in them."""

    list_display = ["profile", "state", "percent", "asked_at", "expires_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "state"]
    list_select_related = ["profile"]
    exclude = ["key"]
    ordering = ["-asked_at"]


@admin.register(AccountDeletion)
class AccountDeletionAdmin(LeasedAdmin):
    """People who asked to be deleted, and when that is due."""

    list_display = ["profile", "asked_at", "due_at", "begun_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    list_select_related = ["profile"]
    ordering = ["due_at"]


@admin.register(StoreShard)
class StoreShardAdmin(LeasedAdmin):
    """How far the janitor is in each part of the object store."""

    list_display = ["__str__", "object_count", "cpu_seconds", "finished_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "folder"]
    ordering = ["folder", "prefix"]
