"""The pages on which a person registers programs that receive their events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from profiles import settings
from profiles.errors import ExpectedError
from profiles.models import WebhookDelivery, WebhookEndpoint
from profiles.page_parts import Pill
from profiles.people import webhook_endpoints as endpoints
from profiles.people.proof import proof_required
from profiles.people.signed_in import own_profile, signed_in
from profiles.sentences import gettext as _
from profiles.sources import can_post
from profiles.webhook_forms import AddressForm, EndpointForm, EventsForm
from profiles.webhooks.events import get_event_types

State = WebhookDelivery.State
STYLES = {State.DELIVERED: "good", State.PENDING: "wait", State.FAILED: "bad"}


@never_cache  # the answer to the form holds the new secret
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@proof_required
def webhooks(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request, EndpointForm())
    form = EndpointForm(request.POST)
    fresh = _create(request, form)
    # No redirect: the secret would have to be kept somewhere in between.
    return _list(request, form, status=422) if fresh is None else _list(request, EndpointForm(), fresh=fresh)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Show one endpoint and its last deliveries. POST chooses its events."""
    endpoint = _own(request, endpoint_id)
    if request.method != "POST":
        return _detail(request, endpoint)
    form = EventsForm(request.POST)
    if not form.is_valid():
        return _detail(request, endpoint, form=form, status=422)
    with _or_404():
        endpoints.change_endpoint(
            own_profile(request),
            endpoint.pk,
            events=form.cleaned_data["events"],
            now=timezone.now(),
            actor=signed_in(request),
        )
    messages.success(request, _("Your choice is saved."))
    return redirect("profiles:webhook", endpoint.pk)


@never_cache
@login_required
@require_POST
@proof_required
def address(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Change where an endpoint is. Like adding one, it decides who learns of the person's events."""
    endpoint, form = _own(request, endpoint_id), AddressForm(request.POST)
    if form.is_valid():
        try:
            endpoints.change_endpoint(
                own_profile(request),
                endpoint.pk,
                url=form.cleaned_data["url"],
                now=timezone.now(),
                actor=signed_in(request),
            )
        except ExpectedError as error:
            form.add_error("url", error.sentence)
    if form.errors:
        return _detail(request, endpoint, address_form=form, status=422)
    messages.success(request, _("Events go to the new address from now on."))
    return redirect("profiles:webhook", endpoint.pk)


@never_cache  # the answer holds the new secret
@login_required
@require_POST
@proof_required
def rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    now, user = timezone.now(), signed_in(request)
    with _or_404():
        fresh = endpoints.rotate_secret(own_profile(request), endpoint_id, now=now, actor=user)
    return _detail(request, fresh.endpoint, fresh=fresh)


@login_required
@require_POST
def pause(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    with _or_404():
        endpoints.pause_endpoint(own_profile(request), endpoint_id, now=timezone.now(), actor=signed_in(request))
    messages.success(request, _("The webhook is paused. What happens meanwhile is not sent later."))
    return redirect("profiles:webhook", endpoint_id)


@login_required
@require_POST
def resume(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    with _or_404():
        endpoints.resume_endpoint(own_profile(request), endpoint_id, actor=signed_in(request))
    messages.success(request, _("The webhook works again."))
    return redirect("profiles:webhook", endpoint_id)


@login_required
@require_POST
def delete(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    with _or_404():
        host = endpoints.delete_endpoint(own_profile(request), endpoint_id, signed_in(request))
    messages.success(request, _("The webhook to %(host)s is deleted.", host=host))
    return redirect("profiles:webhooks")


@login_required
@require_POST
def test(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    with _telling(request, _("A test event is on its way. Load this page again to see how it went.")):
        endpoints.send_test(own_profile(request), endpoint.pk, now=timezone.now(), actor=signed_in(request))
    return redirect("profiles:webhook", endpoint.pk)


@login_required
@require_POST
def again(request: HttpRequest, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    endpoint = _own(request, endpoint_id)
    profile, user = own_profile(request), signed_in(request)
    with _telling(request, _("The event is on its way again. Load this page again to see how it went.")):
        endpoints.send_again(profile, endpoint.pk, delivery_id, now=timezone.now(), actor=user)
    return redirect("profiles:webhook", endpoint.pk)


@contextmanager
def _telling(request: HttpRequest, done: str) -> Iterator[None]:
    """Say on the next page that it is done, or why it was refused."""
    try:
        yield
    except ExpectedError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, done)


@contextmanager
def _or_404() -> Iterator[None]:
    """Answer with 404 where the endpoint is not the person's, or was deleted by another request meanwhile."""
    try:
        yield
    except endpoints.WebhookError as error:
        raise Http404(error.sentence) from error


def _own(request: HttpRequest, endpoint_id: UUID) -> WebhookEndpoint:
    with _or_404():
        return endpoints.get_endpoint(own_profile(request), endpoint_id)


def _create(request: HttpRequest, form: EndpointForm) -> endpoints.FreshEndpoint | None:
    if not form.is_valid():
        return None
    url, events = form.cleaned_data["url"], form.cleaned_data["events"]
    try:
        return endpoints.create_endpoint(
            own_profile(request), url, events, now=timezone.now(), actor=signed_in(request)
        )
    except ExpectedError as error:
        form.add_error("url", error.sentence)
        return None


def _list(
    request: HttpRequest, form: EndpointForm, *, fresh: endpoints.FreshEndpoint | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "fresh": fresh,
        "is_offered": can_post(),
        "most": settings.current().webhook_endpoints,
        "endpoints": [_shown(each) for each in endpoints.get_endpoints(own_profile(request))],
    }
    return render(request, "profiles/webhooks.html", context, status=status)


def _detail(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    *,
    form: EventsForm | None = None,
    address_form: AddressForm | None = None,
    fresh: endpoints.FreshEndpoint | None = None,
    status: int = 200,
) -> HttpResponse:
    is_overlapping = endpoint.former_until is not None and timezone.now() < endpoint.former_until
    context = {
        "form": form or EventsForm(initial={"events": endpoint.events}),
        "address_form": address_form or AddressForm(initial={"url": endpoint.url}),
        "fresh": fresh,
        "shown": _shown(endpoint),
        "former_until": endpoint.former_until if is_overlapping else None,
        "deliveries": [_describe(each) for each in endpoints.get_deliveries(endpoint)],
    }
    return render(request, "profiles/webhook.html", context, status=status)


def _shown(endpoint: WebhookEndpoint) -> dict[str, object]:
    labels = {each.name: _(each.label) for each in get_event_types()}
    return {
        "endpoint": endpoint,
        "state": _state(endpoint),
        "events": [labels[name] for name in endpoint.events if name in labels],
    }


def _state(endpoint: WebhookEndpoint) -> Pill:
    if endpoint.is_stopped:
        return Pill(_("Stopped"), "bad") if endpoint.stop_reason else Pill(_("Paused"), "wait")
    if endpoint.failing_since:
        return Pill(_("Failing"), "bad")
    has_delivered = endpoint.deliveries.filter(state=State.DELIVERED).exists()
    return Pill(_("Works"), "good") if has_delivered else Pill(_("Active"))


def _describe(delivery: WebhookDelivery) -> dict[str, object]:
    state = State(delivery.state)
    return {"delivery": delivery, "state": Pill(str(state.label), STYLES.get(state, ""))}
