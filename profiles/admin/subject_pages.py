"""The desk's page of one row: its sections, and its actions, each with a reason."""

from __future__ import annotations

from typing import Any, Generic

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from profiles.admin_base import ReadOnlyAdmin
from profiles.desk import acting
from profiles.desk.parts import Action, Section, Subject
from profiles.errors import ExpectedError
from profiles.people.signed_in import signed_in


class SubjectAdmin(ReadOnlyAdmin, Generic[Subject]):
    """A list whose rows open a page of the desk instead of a form."""

    page_template = ""

    def sections(self) -> list[Section[Subject]]:
        raise NotImplementedError

    def page_actions(self) -> list[Action[Subject]]:
        raise NotImplementedError

    def page_context(self, request: HttpRequest, subject: Subject) -> dict[str, object]:
        """Return what the page shows besides its sections and actions."""
        del request, subject
        return {}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("<path:object_id>/do/<slug:slug>/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page of the desk; Django's own in a project that does not have this site's templates."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        try:
            get_template(self.page_template)
        except TemplateDoesNotExist:
            return super().change_view(request, object_id, form_url, extra_context)
        return self._page(request, self._find(request, object_id))

    def act_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """Do it, and show the page again; without a reason, or if it can't be done, the form says why."""
        subject = self._find(request, object_id)
        action = next((each for each in self.page_actions() if each.slug == slug), None)
        staff, reason = signed_in(request), request.POST.get("reason", "")
        if action is None:
            raise Http404
        if not staff.has_perm(action.permission):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, subject, asked={"slug": slug})
        try:
            said = acting.act(action, subject, staff, reason)
        except ExpectedError as error:
            asked = {"slug": slug, "error": error.sentence, "reason": reason}
            return self._page(request, subject, asked=asked)
        messages.success(request, str(said))
        return redirect(self.url_after(request, subject))

    def url_after(self, request: HttpRequest, subject: Subject) -> str:
        """Return the page to show after an action."""
        del request
        return self.url_of(subject)

    def url_of(self, subject: Subject) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[subject.pk])

    def _find(self, request: HttpRequest, object_id: str) -> Subject:
        subject: Subject | None = self.get_object(request, object_id)
        if subject is None:
            raise Http404
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        return subject

    def _page(self, request: HttpRequest, subject: Subject, *, asked: dict[str, str] | None = None) -> HttpResponse:
        staff = signed_in(request)
        actions = acting.open_actions(self.page_actions(), subject, staff)
        # Of an action that is closed by now, as one that somebody else has just taken.
        closed = asked is not None and asked["slug"] not in {action.slug for action in actions}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(subject),
            "subject": subject,
            "staff": staff,
            "sections": acting.build_sections(self.sections(), subject, staff),
            "actions": actions,
            "act_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_act",
            "asked": asked,
            "refused": asked.get("error", "") if asked is not None and closed else "",
            **self.page_context(request, subject),
        }
        status = 200 if asked is None or "error" not in asked else 422
        return TemplateResponse(request, self.page_template, context, status=status)
