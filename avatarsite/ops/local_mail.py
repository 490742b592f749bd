"""The mails of the local stack, which has no mail server: they can be read on a page, there only."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

NEWEST = 20
SEPARATOR = b"-" * 79


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    if not settings.LOCAL_STACK:
        raise Http404
    return render(request, "local_mail.html", {"mails": list(_newest(settings.MAIL_FOLDER))})


@require_safe
def html(request: HttpRequest, place: int) -> HttpResponse:
    """Answer with the HTML of a mail of the list, with the styles that mails carry within, and nothing else."""
    mails = list(_newest(settings.MAIL_FOLDER)) if settings.LOCAL_STACK else []
    if place >= len(mails) or not mails[place]["html"]:
        raise Http404
    policy_of_mails = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return HttpResponse(mails[place]["html"], headers={"Content-Security-Policy": policy_of_mails})


def _newest(folder: Path) -> Iterator[dict[str, str]]:
    """Yield mails, newest first. Django writes one file a connection, with a line of dashes between mails."""
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[:NEWEST]:
        for raw in reversed(path.read_bytes().split(SEPARATOR)):
            if raw.strip():
                yield _as_shown(raw.lstrip())


def _as_shown(raw: bytes) -> dict[str, str]:
    mail = message_from_bytes(raw, policy=policy.default)
    return {
        "to": mail["to"],
        "subject": mail["subject"],
        "date": mail["date"],
        "text": _body(mail, "plain"),
        "html": _body(mail, "html"),
    }


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(preferencelist=(kind,))
    return body.get_content() if body else ""
