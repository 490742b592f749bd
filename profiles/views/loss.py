"""A person's policy for pictures whose right is lost, and the notices about them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from profiles import settings
from profiles.forms import LossForm
from profiles.people.profiles import profile_of
from profiles.people.signed_in import own_profile, signed_in
from profiles.pictures.notices import dismiss
from profiles.pictures.rights import set_on_loss


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def loss(request: HttpRequest) -> HttpResponse:
    profile = own_profile(request)
    form = LossForm(request.POST) if request.method == "POST" else LossForm.of(profile)
    if form.is_bound and form.is_valid():
        choices = {"mails_on_loss": profile.mails_on_loss, **form.cleaned_data}
        set_on_loss(profile, actor=signed_in(request), **choices)
        messages.success(request, "Your wishes are saved.")
        return redirect("profiles:loss")
    context = {"form": form, "grace": settings.current().loss_grace, "knows_addresses": settings.knows_addresses()}
    return render(request, "profiles/loss.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def dismiss_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Dismiss a notice and return to its page. One that is dismissed already is no error."""
    profile = profile_of(signed_in(request))
    if not dismiss(profile, notice_id, timezone.now()) and not profile.notices.filter(pk=notice_id).exists():
        raise Http404("You have no such notice.")
    wanted = request.POST.get("next", "")
    return redirect(wanted if settings.is_own_url(wanted) else "home")
