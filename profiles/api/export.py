"""Operations on the export of all that is kept of a person."""

from __future__ import annotations

from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse

from profiles import settings
from profiles.models import DataExport
from profiles.own_data.export import NoExport, ask_export, find_export, get_ready_export, read_export
from profiles.programs.errors import CONFIRM_ON_SITE, confirm_on_site
from profiles.programs.operations import Answer, Call, Group, Media, Operation
from profiles.programs.schemas import COUNT, MOMENT, Schema, answer_of, described, one_of
from profiles.scopes import DELETE, EXPORT
from profiles.store import exports
from profiles.store.errors import StorageError


def start_export(call: Call) -> Answer:
    return _entry(ask_export(call.owner, call.actor, call.now))


def get_export(call: Call) -> Answer:
    found = find_export(call.owner, call.now)
    if found is None:
        raise NoExport
    return _entry(found)


def download_export(call: Call) -> Answer:
    """Send the file, or have the bucket send it."""
    found = get_ready_export(call.owner, call.now)
    name = f"{call.owner.handle}-{found.asked_at:%Y-%m-%d}.zip"
    if url := exports.download_url(found.key, name):
        return HttpResponseRedirect(url)
    response = StreamingHttpResponse(read_export(found), content_type="application/zip")
    response.headers["Content-Length"] = str(found.byte_count)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def refuse_deletion(call: Call) -> Answer:
    """Refuse: what takes everything away is confirmed by the person, not by what may be a stolen token."""
    del call
    url = settings.current().site_origin + reverse("profiles:data_delete")
    raise confirm_on_site(
        f"No token can delete an account. Prove on the site that it is you, and delete it there: {url}", url
    )


def _entry(export: DataExport) -> dict[str, object]:
    return {
        "state": export.state,
        "percent": export.percent,
        "bytes": export.byte_count,
        "asked_at": export.asked_at.isoformat(),
        "expires_at": export.expires_at.isoformat(),
    }


_SCHEMAS: dict[str, Schema] = {
    "Export": answer_of(
        {
            "state": one_of([state.value for state in DataExport.State]),
            "percent": described(COUNT, "How far it is."),
            "bytes": described(COUNT, "The length of the file, once it is ready."),
            "asked_at": MOMENT,
            "expires_at": described(MOMENT, "When the file is deleted."),
        },
        "The file of all that this site keeps of you.",
    ),
    "Nothing": answer_of({}, "Nothing: this call is always refused."),
}

EXPORTS = Group(
    "Your data",
    "A file of all that this site keeps of you.",
    (
        Operation(
            "startExport", "POST", "/me/export",
            "Has the file made, in place of an earlier one. Asked twice, it is made once.",
            start_export, EXPORT, "Export", problems=(StorageError.kind,), keeps_answer=True,
        ),
        Operation(
            "getExport", "GET", "/me/export", "How far the file is.",
            get_export, EXPORT, "Export", problems=(NoExport.kind,),
        ),
        Operation(
            "downloadExport", "GET", "/me/export/file",
            "The file. Where the object store sends it, this redirects to it, for a few minutes and without the token.",
            download_export, EXPORT, Media("A zip file.", ("application/zip",)),
            problems=(NoExport.kind, StorageError.kind),
        ),
        Operation(
            "deleteAccount", "DELETE", "/me",
            "Always refused: `confirm_at` of the problem is the page on which a person deletes their account.",
            refuse_deletion, DELETE, "Nothing", problems=(CONFIRM_ON_SITE,),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
