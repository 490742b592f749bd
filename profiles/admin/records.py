"""Admin pages of what is recorded: the audit, notices, exports, deletions, and the janitor's walks."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.filters import ByAction, ByClaim, ByPerson, ByPicture, ByRow, ByStaff
from profiles.admin_base import LeasedAdmin, NeedsAttention, ReadOnlyAdmin
from profiles.app_labels import PROFILES
from profiles.desk.audit_words import sentence_of
from profiles.models import AccountDeletion, AuditEntry, DataExport, LinkCheck, Notice, StaffNote, StoreShard


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "said", "person", "done_by"]
    list_display_links = ["at"]
    list_filter = [ByStaff, ByAction, "at", ByPerson, ByPicture, ByClaim, ByRow]
    list_select_related = ["profile", "actor"]
    search_fields = ["profile__handle__exact", "action__exact"]
    search_help_text = _("A whole handle, or the code of an action.")
    ordering = ["-pk"]

    @admin.display(description=_("what"))
    def said(self, entry: AuditEntry) -> str:
        return sentence_of(entry)

    @admin.display(description=_("of"))
    def person(self, entry: AuditEntry) -> SafeString:
        url = reverse(f"admin:{PROFILES}_profile_change", args=[entry.profile_id])
        return format_html('<a href="{}">{}</a>', url, entry.profile.handle)

    @admin.display(description=_("by"))
    def done_by(self, entry: AuditEntry) -> str:
        if entry.actor_id is None:
            return gettext("the site")
        if not entry.is_by_staff:
            return gettext("themselves")
        return str(entry.actor)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        """An entry of the audit has no history: it never changes. Show the person's."""
        return super().history_view(request, object_id)

    def audit_query(self, row: AuditEntry) -> dict[str, str]:
        return {"person": str(row.profile_id)}


class OfPerson(LeasedAdmin):
    """Rows with a `profile`."""

    def audit_query(self, row: Notice | DataExport | AccountDeletion) -> dict[str, str]:
        return {"person": str(row.profile_id)}


@admin.register(Notice)
class NoticeAdmin(OfPerson):
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
class DataExportAdmin(OfPerson):
    """Files of people's own data. Staff see how far they are, and have no way to what is in them."""

    list_display = ["profile", "state", "percent", "asked_at", "expires_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "state"]
    list_select_related = ["profile"]
    exclude = ["key"]
    ordering = ["-asked_at"]


@admin.register(AccountDeletion)
class AccountDeletionAdmin(OfPerson):
    """People who asked to be deleted, and when that is due."""

    list_display = ["profile", "asked_at", "due_at", "begun_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    list_select_related = ["profile"]
    ordering = ["due_at"]


@admin.register(LinkCheck)
class LinkCheckAdmin(LeasedAdmin):
    """People's links, and whether the pages there link back."""

    list_display = ["url", "profile", "verified_at", "checked_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention]
    list_select_related = ["profile"]
    search_fields = ["profile__handle__exact", "url__exact"]
    search_help_text = _("Exact handle, or exact address of the link.")
    ordering = ["-id"]


@admin.register(StoreShard)
class StoreShardAdmin(LeasedAdmin):
    """How far the janitor is in each part of the object store."""

    list_display = ["__str__", "object_count", "cpu_seconds", "finished_at", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "folder"]
    ordering = ["folder", "prefix"]


@admin.register(StaffNote)
class StaffNoteAdmin(ReadOnlyAdmin):
    list_display = ["at", "profile", "author", "text"]
    list_select_related = ["profile", "author"]
    search_fields = ["profile__handle__exact"]
    ordering = ["-pk"]

    def audit_query(self, row: StaffNote) -> dict[str, str]:
        return {"person": str(row.profile_id)}
