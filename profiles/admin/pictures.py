"""Pictures for staff: the lists, and the page of one picture."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from profiles.admin.subject_pages import SubjectAdmin
from profiles.admin.thumbnails import renditions_of, thumbnail
from profiles.admin_base import MOST, LeasedAdmin, NeedsAttention, with_reason
from profiles.app_labels import PROFILES
from profiles.desk.parts import PictureAction, PictureSection, get_picture_actions, get_picture_sections
from profiles.desk.pictures import find_similar, may_see, read_for_staff
from profiles.models import Avatar, StoredImage
from profiles.people.signed_in import signed_in
from profiles.pictures.rights import moderate_avatar


@admin.register(Avatar)
class AvatarAdmin(SubjectAdmin[Avatar]):
    page_template = "profiles/desk/picture.html"
    list_display = ["picture", "title_or_id", "person", "source", "shown_state", "attested_at", "chosen_at"]
    list_display_links = ["title_or_id"]
    list_filter = ["source", "state", "is_locked", "chosen_at"]
    search_fields = ["profile__handle__exact", "title", "reference__exact"]
    hash_search_fields = ["image__sha256__exact"]
    search_help_text = gettext_lazy("Exact handle, reference or sha256, or part of the title.")
    ordering = ["-image_id"]  # newest pictures first, by an index
    actions = ["remove_for_the_site"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Avatar]:
        rows = super().get_queryset(request).select_related("profile", "image")
        return rows.prefetch_related(renditions_of("image__"))

    def get_urls(self) -> list[URLPattern]:
        view = require_safe(self.admin_site.admin_view(self.file_view))
        return [path("<uuid:object_id>/file/", view, name="desk_picture_file"), *super().get_urls()]

    def sections(self) -> list[PictureSection]:
        return get_picture_sections()

    def page_actions(self) -> list[PictureAction]:
        return get_picture_actions()

    def page_context(self, request: HttpRequest, subject: Avatar) -> dict[str, object]:
        staff = signed_in(request)
        similar = None
        if "similar" in request.GET:
            similar = [(each, may_see(each, staff)) for each in find_similar(subject)]
        return {"may_see": may_see(subject, staff), "similar": similar, "next": self._next(request)}

    def url_after(self, request: HttpRequest, subject: Avatar) -> str:
        """Return to the page of the person if the action was taken there."""
        return self._next(request) or self.url_of(subject)

    def _next(self, request: HttpRequest) -> str:
        wanted = request.POST.get("next", "") or request.GET.get("next", "")
        here = {request.get_host()}
        return wanted if url_has_allowed_host_and_scheme(wanted, here, request.is_secure()) else ""

    def audit_query(self, row: Avatar) -> dict[str, str]:
        return {"person": str(row.profile_id), "picture": str(row.pk)}

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the stored picture to staff, whether others may see it or not. It must not stay in any cache."""
        avatar = self._find(request, str(object_id))
        if not may_see(avatar, signed_in(request)):
            raise PermissionDenied
        content = read_for_staff(avatar)
        if content is None:
            raise Http404
        headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return HttpResponse(content, content_type="image/webp", headers=headers)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{PROFILES}.change_avatar")

    @admin.display(description="")
    def picture(self, avatar: Avatar) -> SafeString | str:
        return _("removed") if avatar.state == Avatar.State.REMOVED else thumbnail(avatar.image)

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def title_or_id(self, avatar: Avatar) -> str:
        return avatar.title or str(avatar.pk)[:8]

    @admin.display(description=gettext_lazy("person"), ordering="profile__handle")
    def person(self, avatar: Avatar) -> SafeString:
        url = reverse(f"admin:{PROFILES}_profile_change", args=[avatar.profile_id])
        return format_html('<a href="{}">{}</a>', url, avatar.profile.handle)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, avatar: Avatar) -> str:
        return _("removed by staff") if avatar.is_locked else avatar.get_state_display()

    @with_reason(gettext_lazy("Remove (their people will read the reason)"), "moderate")
    def remove_for_the_site(self, request: HttpRequest, chosen: QuerySet[Avatar], reason: str) -> str:
        keys = list(chosen.values_list("pk", flat=True)[:MOST])
        removed = [moderate_avatar(pk, reason, signed_in(request)) for pk in keys]
        said = ngettext("%(count)s picture is removed.", "%(count)s pictures are removed.", len(removed))
        return said % {"count": len(removed)}


@admin.register(StoredImage)
class StoredImageAdmin(LeasedAdmin):
    """Stored pictures. One of which not every size could be made needs attention; its other sizes are shown."""

    list_display = ["picture", "sha256", "source_format", "width", "height", "frames", "byte_count", "created_at"]
    list_display_links = ["sha256"]
    list_filter = [NeedsAttention]
    search_fields = ["source_format__exact"]
    hash_search_fields = ["sha256__exact", "renditions__sha256__exact"]
    search_help_text = gettext_lazy("The exact sha256 of a picture, or of one of its renditions.")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredImage]:
        return super().get_queryset(request).prefetch_related(renditions_of(""))

    @admin.display(description="")
    def picture(self, image: StoredImage) -> SafeString | str:
        return thumbnail(image)
