"""Sensitive steps, before which the host project may ask people to prove that it is still them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from profiles import settings

View = Callable[..., HttpResponse]


def proof_required(view: View) -> View:
    """Whoever has to prove themselves first is sent where they can; reading needs no proof."""

    @functools.wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        elsewhere = "" if request.method in {"GET", "HEAD"} else settings.missing_proof(request)
        return redirect(elsewhere) if elsewhere else view(request, *args, **kwargs)

    return asking
