"""A person's policy for pictures whose right is lost."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from profiles import settings
from profiles.forms import LossForm
from profiles.people.signed_in import own_profile, signed_in
from profiles.pictures.rights import set_on_loss
from profiles.sentences import gettext as _
from profiles.sources import words_of_loss


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def loss(request: HttpRequest) -> HttpResponse:
    profile = own_profile(request)
    form = LossForm(request.POST) if request.method == "POST" else LossForm.of(profile)
    if form.is_bound and form.is_valid():
        set_on_loss(profile, actor=signed_in(request), **form.cleaned_data)
        messages.success(request, _("Your wishes are saved."))
        return redirect("profiles:loss")
    context = {"form": form, "grace": settings.current().loss_grace, "words": words_of_loss()}
    return render(request, "profiles/loss.html", context, status=422 if form.errors else 200)
