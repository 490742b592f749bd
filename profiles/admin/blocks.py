"""Blocks and held pictures for staff: make and end blocks, decide about held pictures, take lists in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from profiles.admin_base import MOST, LeasedAdmin, NeedsAttention, ReadOnlyAdmin, with_reason
from profiles.app_labels import PROFILES
from profiles.blocks.kinds import BlockRefused, get_kind, get_kinds
from profiles.blocks.matching import active_blocks
from profiles.desk.pictures import may_see
from profiles.models import Avatar, Block, Classification, Hold
from profiles.moderation import held, lists
from profiles.moderation.blocking import add_block, apply_at_once, end_block
from profiles.moderation.preview import Offer, Preview, offer_blocks, preview_block
from profiles.people.signed_in import signed_in

#: Faults of a list that its page shows, and blocks that it names.
SHOWN_LINES = 100


class BlockForm(forms.Form):
    """What staff type to block something that is on no page."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    value = forms.CharField(label=gettext_lazy("Value"), max_length=200)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["kind"] = forms.ChoiceField(
            label=gettext_lazy("Kind"), choices=[(kind.name, kind.label) for kind in get_kinds()]
        )


class ListForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV file"), max_length=200)


@admin.register(Block)
class BlockAdmin(LeasedAdmin):
    list_display = ["kind_label", "value", "reason", "created_at", "created_by", "state"]
    list_display_links = ["value"]
    list_filter = [NeedsAttention, "kind", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["value__exact", "reason"]
    hash_search_fields = ["value__exact", "marks__sha256__exact"]
    search_help_text = gettext_lazy("The exact value, a sha256 that it covers, or part of the reason.")
    ordering = ["-created_at", "-pk"]
    exclude = ["sample", "attempt", "queued_at"]
    actions = ["end", "retry"]
    change_list_template = "profiles/desk/block_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{PROFILES}.add_block"))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("export/", wrap(self.export_view), name=f"{PROFILES}_block_export"),
            path("import/", wrap(self.import_view), name=f"{PROFILES}_block_import"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, block: Block) -> str:
        try:
            return str(get_kind(block.kind).label)
        except BlockRefused:
            return block.kind

    @admin.display(description=gettext_lazy("state"))
    def state(self, block: Block) -> str:
        if block.ended_at is not None:
            return _("ended; what it hid is coming back")
        return _("in force; still hiding") if block.due_at is not None else _("in force")

    @with_reason(gettext_lazy("End (what it hid comes back)"), "add")
    def end(self, request: HttpRequest, chosen: QuerySet[Block], reason: str) -> str:
        back, now = 0, timezone.now()
        rows = list(chosen.filter(ended_at=None)[:MOST])
        for row in rows:
            back += apply_at_once(end_block(row.pk, reason, signed_in(request), now), now)
        said = ngettext("%(count)s block has ended.", "%(count)s blocks have ended.", len(rows)) % {"count": len(rows)}
        shown = ngettext("%(count)s picture is back.", "%(count)s pictures are back.", back) % {"count": back}
        return f"{said} {shown}"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        """Show what each way to block would hide, and block one. `picture` names the picture, else the form does."""
        del form_url, extra_context
        if not self.has_add_permission(request):
            raise PermissionDenied
        picture = _find_picture(request)
        context: dict[str, object] = {
            "picture": picture,
            "offers": [],
            "form": BlockForm(initial=request.GET.dict()),
            "error": "",
        }
        if request.method == "POST":
            done = self._block(request, context)
            if done is not None:
                return done
        if picture is not None:
            context["offers"] = [_shown(offer, request) for offer in offer_blocks(picture)]
        context |= {"title": _("Block something"), "opts": self.opts, "posted": request.POST}
        context |= {"may_see": picture is not None and may_see(picture, signed_in(request))}
        status = 422 if context["error"] else 200
        return TemplateResponse(request, "profiles/desk/block_add.html", self._frame(request) | context, status=status)

    def _block(self, request: HttpRequest, context: dict[str, object]) -> HttpResponse | None:
        """Block what was posted. Return None where the page must be shown again: with an error, or a preview."""
        form = BlockForm(request.POST)
        kind, _sign, value = request.POST.get("choice", "").partition("=")
        context["form"] = form
        if not kind and not form.is_valid():
            context["error"] = _("Choose what to block, and write why.")
            return None
        if not kind:
            kind, value = form.cleaned_data["kind"], form.cleaned_data["value"]
        try:
            if "preview" in request.POST:
                context["preview"] = _shown_preview(preview_block(kind, value), request)
                return None
            now = timezone.now()
            block = add_block(kind, value, request.POST.get("reason", ""), signed_in(request), now)
            hidden = apply_at_once(block, now)
        except BlockRefused as error:
            context["error"] = error.sentence
            return None
        said = ngettext("%(count)s picture is hidden.", "%(count)s pictures are hidden.", hidden) % {"count": hidden}
        messages.success(request, " ".join([_("Blocked."), said]))
        picture = context["picture"]
        if isinstance(picture, Avatar):
            return redirect(f"admin:{PROFILES}_avatar_change", picture.pk)
        return redirect(f"admin:{PROFILES}_block_changelist")

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = lists.write_list(active_blocks().order_by("pk").iterator(chunk_size=200))
        headers = {"Content-Disposition": 'attachment; filename="blocks.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Judge a list, say what it would do, and do that if "import" was pressed. Nothing is done of a faulty list."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context: dict[str, object] = {"form": ListForm(), "title": _("Take in a list of blocks"), "opts": self.opts}
        if request.method == "POST":
            form = ListForm(request.POST, request.FILES)
            context["form"] = form
            if form.is_valid():
                try:
                    read = lists.read_list(form.cleaned_data["file"].read(lists.MAX_BYTES + 1))
                except BlockRefused as error:
                    form.add_error("file", error.sentence)
                else:
                    done = self._import(request, read, context)
                    if done is not None:
                        return done
        return TemplateResponse(request, "profiles/desk/block_import.html", self._frame(request) | context)

    def _import(self, request: HttpRequest, read: list[lists.Line], context: dict[str, object]) -> HttpResponse | None:
        faulty, new = [line for line in read if line.fault], [line for line in read if line.is_new]
        if "import" in request.POST and not faulty:
            added = lists.import_list(new, signed_in(request), timezone.now())
            said = ngettext("%(count)s block was added.", "%(count)s blocks were added.", len(added))
            messages.success(request, said % {"count": len(added)})
            return redirect(f"admin:{PROFILES}_block_changelist")
        known = len(read) - len(faulty) - len(new)
        context |= {"faulty": faulty[:SHOWN_LINES], "fault_count": len(faulty), "new_count": len(new), "known": known}
        context |= {"is_judged": True, "would_hide": _would_hide(new)}
        return None

    def _frame(self, request: HttpRequest) -> dict[str, object]:
        return {**self.admin_site.each_context(request)}


def _find_picture(request: HttpRequest) -> Avatar | None:
    named = request.POST.get("picture") or request.GET.get("picture") or ""
    avatars = Avatar.objects.select_related("image", "uncut", "profile")
    try:
        return avatars.prefetch_related("image__renditions").filter(pk=named).first() if named else None
    except ValueError:
        return None


def _shown(offer: Offer, request: HttpRequest) -> dict[str, object]:
    return {"offer": offer, "value": f"{offer.kind}={offer.choice.value}", **_shown_preview(offer.preview, request)}


def _shown_preview(preview: Preview, request: HttpRequest) -> dict[str, object]:
    staff = signed_in(request)
    return {"sentence": preview.sentence, "shown": [(each, may_see(each, staff)) for each in preview.shown]}


def _would_hide(lines: list[lists.Line]) -> str:
    """Return how many pictures the first lines would hide, as their number is bounded."""
    looked_at = lines[:SHOWN_LINES]
    pictures = sum(preview_block(line.kind, line.value).pictures for line in looked_at)
    said = ngettext("%(count)s picture would be hidden", "%(count)s pictures would be hidden", pictures)
    end = _("by the first %(lines)s lines") % {"lines": len(looked_at)} if len(lines) > len(looked_at) else ""
    return f"{said % {'count': pictures}} {end}".strip() + "."


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Pictures that wait for a decision, the longest first, and those that a block holds."""

    list_display = ["picture", "person", "cause", "created_at"]
    list_display_links = None
    list_filter = ["waits"]
    search_fields = ["avatar__profile__handle__exact", "reason"]
    hash_search_fields = ["avatar__image__sha256__exact"]
    list_select_related = ["avatar__profile", "avatar__image", "block"]
    ordering = ["-waits", "created_at", "pk"]
    list_per_page = 24
    actions = ["approve", "refuse"]
    exclude = ["avatar"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{PROFILES}.change_avatar"))

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, hold: Hold) -> SafeString:
        avatar = hold.avatar
        return format_html(
            '<a href="{}"><img src="{}" width="128" height="128" alt="{}" loading="lazy"></a>',
            reverse(f"admin:{PROFILES}_avatar_change", args=[avatar.pk]),
            reverse("admin:desk_picture_file", args=[avatar.pk]),
            avatar.alt_text or _("held picture"),
        )

    @admin.display(description=gettext_lazy("person"))
    def person(self, hold: Hold) -> SafeString:
        owner = hold.avatar.profile
        return format_html(
            '<a href="{}">@{}</a>', reverse(f"admin:{PROFILES}_profile_change", args=[owner.pk]), owner.handle
        )

    @admin.display(description=gettext_lazy("why"))
    def cause(self, hold: Hold) -> str:
        if hold.block is None:
            return _("The classifier: %(reason)s") % {"reason": hold.reason}
        if hold.waits:
            return _("Looks like a blocked picture: %(reason)s") % {"reason": hold.block.reason}
        return _("Blocked: %(reason)s") % {"reason": hold.block.reason}

    @with_reason(gettext_lazy("Approve: show these pictures"), "decide")
    def approve(self, request: HttpRequest, chosen: QuerySet[Hold], reason: str) -> str:
        back = sum(held.approve(hold, reason, signed_in(request), timezone.now()) for hold in _waiting(chosen))
        return ngettext("%(count)s picture is shown.", "%(count)s pictures are shown.", back) % {"count": back}

    @with_reason(gettext_lazy("Refuse: remove these pictures (their people read the reason)"), "decide")
    def refuse(self, request: HttpRequest, chosen: QuerySet[Hold], reason: str) -> str:
        gone = sum(held.refuse(hold, reason, signed_in(request), timezone.now()) for hold in _waiting(chosen))
        return ngettext("%(count)s picture is removed.", "%(count)s pictures are removed.", gone) % {"count": gone}


def _waiting(chosen: QuerySet[Hold]) -> Iterator[Hold]:
    """Yield the chosen holds that wait, without those that were decided together with one before."""
    for pk in list(chosen.filter(waits=True).values_list("pk", flat=True)[:MOST]):
        hold = Hold.objects.filter(pk=pk).select_related("avatar__image", "avatar__uncut", "block").first()
        if hold is not None:
            yield hold


@admin.register(Classification)
class ClassificationAdmin(LeasedAdmin):
    """What the classifier said. Pictures that it could not judge so far are tried again."""

    list_display = ["image", "answer", "reason", "answered_at", "tries", "due_at", "last_error", "gave_up_at"]
    list_filter = [NeedsAttention, "answer"]
    list_select_related = ["image"]
    hash_search_fields = ["image__sha256__exact"]
    search_fields = ["reason"]
    ordering = ["-pk"]
