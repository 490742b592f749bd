"""People for staff: the list, the search of the desk, and the page of one person."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from profiles.admin.subject_pages import SubjectAdmin
from profiles.admin.thumbnails import renditions_of, thumbnail
from profiles.admin_base import email_lookups, username_lookup
from profiles.desk.notes import add_note
from profiles.desk.parts import PersonAction, PersonSection, get_person_actions, get_person_sections
from profiles.desk.search import describe_search, search
from profiles.errors import ExpectedError
from profiles.models import Profile
from profiles.people.signed_in import signed_in

# Exact lookups that find a profile by its user.
_PERSON = [f"{lookup}__exact" for lookup in dict.fromkeys([username_lookup(), *email_lookups()])]


@admin.register(Profile)
class ProfileAdmin(SubjectAdmin[Profile]):
    page_template = "profiles/desk/person.html"
    list_display = ["picture", "handle", "display_name", "user", "source", "hidden", "updated_at"]
    list_display_links = ["handle"]
    search_fields = ["handle", "display_name", *_PERSON]
    search_help_text = gettext_lazy("Part of a handle or name, or the whole username or e-mail address.")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        people = super().get_queryset(request).select_related("user", "avatar__image")
        return people.prefetch_related(renditions_of("avatar__image__"))

    def get_urls(self) -> list[URLPattern]:
        find, note = (self.admin_site.admin_view(view) for view in (self.find_view, self.note_view))
        return [
            path("find/", require_safe(find), name="desk_find"),
            path("<path:object_id>/note/", require_POST(note), name="desk_note"),
            *super().get_urls(),
        ]

    def sections(self) -> list[PersonSection]:
        return get_person_sections()

    def page_actions(self) -> list[PersonAction]:
        return get_person_actions()

    def audit_query(self, row: Profile) -> dict[str, str]:
        return {"person": str(row.pk)}

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Search everything. One hit is opened at once."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text, staff = request.GET.get("q", ""), signed_in(request)
        hits = search(text, staff)
        if len(hits) == 1:
            return redirect(hits[0].url)
        context = {**self.admin_site.each_context(request), "title": _("Find"), "text": text.strip(), "hits": hits}
        context["takes"] = describe_search(staff)
        return TemplateResponse(request, "profiles/desk/find.html", context)

    def note_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        profile = self._find(request, object_id)
        if not request.user.has_perm("profiles.add_staffnote"):
            raise PermissionDenied
        try:
            add_note(profile, signed_in(request), request.POST.get("text", ""))
        except ExpectedError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, _("The note is saved."))
        return redirect(self.url_of(profile))

    @admin.display(description="")
    def picture(self, profile: Profile) -> SafeString | str:
        return thumbnail(profile.avatar.image) if profile.avatar else ""

    @admin.display(description=gettext_lazy("source"), ordering="avatar__source")
    def source(self, profile: Profile) -> str:
        return profile.avatar.get_source_display() if profile.avatar else ""

    @admin.display(description=gettext_lazy("state"), ordering="is_hidden")
    def hidden(self, profile: Profile) -> str:
        return _("hidden") if profile.is_hidden else ""
