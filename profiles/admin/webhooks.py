"""Webhooks for staff: everybody's endpoints and deliveries, and the site's own endpoints, which get all events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from profiles.admin_base import MOST, LeasedAdmin, NeedsAttention, ReadOnlyAdmin, with_reason
from profiles.app_labels import PROFILES
from profiles.errors import ExpectedError
from profiles.models import WebhookDelivery, WebhookEndpoint
from profiles.people import webhook_endpoints as endpoints
from profiles.people.signed_in import signed_in
from profiles.webhook_forms import SiteEndpointForm
from profiles.webhooks.events import without_prefix


class ByWhose(admin.SimpleListFilter):
    title = gettext_lazy("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("site", _("The site’s")), ("people", _("People’s"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        return queryset if self.value() is None else queryset.filter(profile__isnull=self.value() == "site")


class ByState(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("running", _("running")), ("failing", _("failing")), ("stopped", _("stopped"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        match self.value():
            case "running":
                return queryset.filter(stopped_at=None)
            case "failing":
                return queryset.filter(stopped_at=None, failing_since__isnull=False)
            case "stopped":
                return queryset.filter(stopped_at__isnull=False)
        return queryset


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Staff see the host of an address alone: the rest may hold a key."""

    list_display = ["host", "person", "created_at", "failing_since", "stopped_at", "stop_reason", "sent"]
    list_filter = [ByWhose, ByState]
    list_select_related = ["profile"]
    search_fields = ["profile__handle__exact", "id__exact", "url__icontains"]
    search_help_text = gettext_lazy("A whole handle, an id, or part of the address.")
    ordering = ["-created_at"]
    exclude = ["url"]
    actions = ["stop", "resume", "test", "rotate", "delete_own"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{PROFILES}.add_webhookendpoint"))

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{PROFILES}.change_webhookendpoint"))

    @admin.display(description=gettext_lazy("host"), ordering="url")
    def host(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.host

    @admin.display(description=gettext_lazy("of"))
    def person(self, endpoint: WebhookEndpoint) -> str | SafeString:
        if endpoint.profile is None:
            return _("the site")
        url = reverse(f"admin:{PROFILES}_profile_change", args=[endpoint.profile.pk])
        return format_html('<a href="{}">@{}</a>', url, endpoint.profile.handle)

    @admin.display(description=gettext_lazy("deliveries"))
    def sent(self, endpoint: WebhookEndpoint) -> SafeString:
        url = f"{reverse(f'admin:{PROFILES}_webhookdelivery_changelist')}?q={endpoint.pk}"
        return format_html('<a href="{}">{}</a>', url, _("Show"))

    def get_form(self, request: HttpRequest, obj: object = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form of an endpoint of the site: others are made by their people."""
        return SiteEndpointForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        """Add an endpoint of the site, and show its secret this once."""
        del form_url, extra_context
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SiteEndpointForm(request.POST if request.method == "POST" else None)
        fresh = self._create(request, form) if form.is_bound and form.is_valid() else None
        title = _("Add a webhook that gets the events of everybody")
        return self._page(request, {"form": form, "fresh": fresh, "title": title}, 422 if form.errors else 200)

    @with_reason(gettext_lazy("Stop (its owner reads the reason)"), "operate")
    def stop(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint], reason: str) -> str:
        running = list(chosen.filter(stopped_at=None).select_related("profile")[:MOST])
        for endpoint in running:
            endpoints.stop_as_staff(endpoint, reason, now=timezone.now(), actor=signed_in(request))
        count = len(running)
        return ngettext("%(count)s webhook is stopped.", "%(count)s webhooks are stopped.", count) % {"count": count}

    @admin.action(description=gettext_lazy("Resume"), permissions=["operate"])
    def resume(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in chosen.filter(stopped_at__isnull=False).select_related("profile")[:MOST]:
            endpoints.resume_endpoint(endpoint.profile, endpoint.pk, actor=signed_in(request))
        self.message_user(request, _("They get events again."), messages.SUCCESS)

    @admin.action(description=gettext_lazy("Send a test event (the site’s own)"), permissions=["operate"])
    def test(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        try:
            for endpoint in chosen.filter(profile=None)[:MOST]:
                endpoints.send_test(None, endpoint.pk, now=timezone.now(), actor=signed_in(request))
        except ExpectedError as error:
            self.message_user(request, error.sentence, messages.ERROR)
        else:
            self.message_user(request, _("A test event is on its way to those of the site."), messages.SUCCESS)

    @admin.action(description=gettext_lazy("Make a new secret (one of the site’s own)"), permissions=["operate"])
    def rotate(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        own = list(chosen.filter(profile=None)[:2])
        if len(own) != 1:
            self.message_user(request, _("Choose one webhook of the site: its secret is shown once."), messages.ERROR)
            return None
        fresh = endpoints.rotate_secret(None, own[0].pk, now=timezone.now(), actor=signed_in(request))
        return self._page(request, {"fresh": fresh, "title": _("A new secret")}, 200)

    @with_reason(gettext_lazy("Delete (the site’s own)"), "operate")
    def delete_own(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint], reason: str) -> str:
        own = list(chosen.filter(profile=None)[:MOST])
        for endpoint in own:
            endpoints.delete_endpoint(None, endpoint.pk, signed_in(request), reason=reason)
        count = len(own)
        return ngettext("%(count)s webhook is deleted.", "%(count)s webhooks are deleted.", count) % {"count": count}

    def _create(self, request: HttpRequest, form: SiteEndpointForm) -> endpoints.FreshEndpoint | None:
        said = form.cleaned_data
        who: dict[str, Any] = {"actor": signed_in(request), "reason": said["reason"]}
        try:
            return endpoints.create_endpoint(None, said["url"], said["events"], now=timezone.now(), **who)
        except ExpectedError as error:
            form.add_error("url", error.sentence)
            return None

    def _page(self, request: HttpRequest, about: dict[str, Any], status: int) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **about, "opts": self.opts}
        return TemplateResponse(request, "profiles/desk/webhook_add.html", context, status=status)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LeasedAdmin):
    """What was sent. Staff see how it went, and not what it said: that is for its receiver."""

    list_display = [
        "created_at",
        "type",
        "endpoint",
        "state",
        "status",
        "milliseconds",
        "tries",
        "due_at",
        "last_error",
    ]
    list_filter = [NeedsAttention, "state", "event__type", "created_at"]
    list_select_related = ["endpoint", "event"]
    search_fields = ["endpoint__profile__handle__exact", "event__id__exact", "endpoint__id__exact"]
    search_help_text = gettext_lazy("A whole handle, a webhook-id, or the id of a webhook.")
    ordering = ["-created_at"]

    @admin.display(description=gettext_lazy("event"))
    def type(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.event.type} {delivery.event.message_id}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, without_prefix(search_term))
