"""Operations on a person's own pictures."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urljoin
from uuid import UUID

from django.http import HttpResponse

from profiles import limits, settings
from profiles.api.picture_schemas import ALT_TEXT, CROP, CROPPING, IDS, KEEP_REST, SCHEMAS
from profiles.errors import ExpectedError, Kind
from profiles.images.formats import UPLOAD_TYPES
from profiles.images.orientation import turn_of
from profiles.images.picture import MIDDLE, Crop, Edit
from profiles.models import Avatar
from profiles.pictures import history
from profiles.pictures.changing import NO_PICTURE, NoSuchAvatar
from profiles.pictures.pages import history_ids, history_page
from profiles.programs.operations import PAGED, Answer, Call, Group, Json, Media, Operation, Parameter, Upload
from profiles.programs.problems import DECODED, SHOWN, STORE
from profiles.programs.schemas import IDENTIFIER, input_of, text_up_to
from profiles.scopes import DELETE, READ, WRITE
from profiles.serving.receipt import build_receipt
from profiles.serving.showing import shown_picture
from profiles.sources import UPLOAD, can_fetch_pictures, describe_mark, fetch_picture, fetch_refusals
from profiles.store.renditions import content_url, pick_rendition

_LARGEST = 1024
PICTURE_TYPES = (*UPLOAD_TYPES, "application/octet-stream")
NOT_FETCHED = Kind("no-fetching", "Pictures of the web are not fetched", 404)


def get_picture(call: Call) -> Answer:
    """Build the receipt with what only the owner gets: ids."""
    shown = shown_picture(call.owner, call.now)
    ids = [str(avatar_id) for avatar_id in history_ids(call.owner, IDS)]
    own = {"id": None if shown.avatar is None else str(shown.avatar.pk), "history": ids}
    return {**build_receipt(call.owner, shown), "mark_text": shown.mark_text, **own}


def put_picture(call: Call) -> Answer:
    """Set the picture. Tries count against the same hourly limit as the upload form's: each costs decoder time."""
    edit = _edit_of(call)
    _spend("uploads", call)
    return _set(call, call.file or b"", edit)


def fetch_from_web(call: Call) -> Answer:
    """Set the picture at a web address. Counted as the page counts it: as a fetch and as an upload."""
    if not can_fetch_pictures():
        raise ExpectedError("This site fetches no pictures. Send the file instead.", NOT_FETCHED)
    edit = _edit_of(call)
    _spend("uploads", call)
    _spend("fetches", call)
    return _set(call, fetch_picture(call.values["address"].strip()), edit)


def delete_picture(call: Call) -> Answer:
    shown = shown_picture(call.owner, call.now).avatar
    if shown is None:
        raise ExpectedError("You have no picture to remove.", NO_PICTURE)
    return remove_picture(call, shown.pk)


def list_pictures(call: Call) -> Answer:
    page = history_page(call.owner, after=call.after, size=call.limit)
    shown = shown_picture(call.owner, call.now).avatar
    pictures = [entry(avatar, shown, call.now) for avatar in page.entries]
    return {"pictures": pictures, "next": None if page.next is None else str(page.next)}


def use_picture(call: Call, picture_id: UUID) -> Answer:
    return entry_of(call, history.choose_avatar(call.owner, picture_id, call.actor))


def restore_picture(call: Call, picture_id: UUID) -> Answer:
    return entry_of(call, history.restore_avatar(call.owner, picture_id, call.actor))


def crop_picture(call: Call, picture_id: UUID) -> Answer:
    said = call.values
    part = Crop(*(float(said.get(name, getattr(MIDDLE, name))) for name in ("x", "y", "size")))
    turn = turn_of(said.get("turn", 0), is_mirrored=said.get("mirror", False))
    history.croppable(call.owner, picture_id)  # before the try is counted
    _spend("uploads", call)
    edit = Edit(part, turn, angle=said.get("angle", 0))
    return entry_of(call, history.crop_again(call.owner, picture_id, edit, call.actor))


def describe_picture(call: Call, picture_id: UUID) -> Answer:
    return entry_of(call, history.set_alt_text(call.owner, picture_id, call.values["alt_text"], call.actor))


def remove_picture(call: Call, picture_id: UUID) -> Answer:
    removed = history.remove_avatar(call.owner, picture_id, call.actor)
    shown = shown_picture(call.owner_now(), call.now).avatar
    until = (removed.removed_at or call.now) + settings.current().undo_time
    return {
        "removed": entry(removed, shown, call.now),
        "restorable_until": None if removed.is_locked else until.isoformat(),
        "picture": None if shown is None else entry(shown, shown, call.now),
    }


def get_whole(call: Call, picture_id: UUID) -> Answer:
    avatar = history.croppable(call.owner, picture_id)
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(history.kept_bytes(avatar), content_type=avatar.whole.mime, headers=headers)


def _spend(what: str, call: Call) -> None:
    limits.spend(what, call.actor.pk, settings.current().uploads_per_hour)


def _edit_of(call: Call) -> Edit:
    text = call.values.get("crop")
    return Edit(None if text is None else Crop.parse(text), keeps_rest=call.values.get("keep_rest", True))


def _set(call: Call, content: bytes, edit: Edit) -> Answer:
    details = history.AvatarDetails(alt_text=call.values.get("alt_text", ""))
    avatar = history.set_avatar(call.owner, content, UPLOAD, details=details, actor=call.actor, edit=edit)
    return entry_of(call, avatar)


def entry(avatar: Avatar, shown: Avatar | None, now: datetime) -> dict[str, object]:
    """Build the JSON of a picture. `shown` is what others see of its owner now."""
    image, has_mark = avatar.image, avatar.mark_holds(now)
    return {
        "id": str(avatar.pk),
        "source": avatar.source,
        "state": avatar.state,
        "reason": avatar.reason,
        "is_current": avatar == shown,
        "mark": has_mark,
        "mark_text": describe_mark(avatar) if has_mark else "",
        "title": avatar.title,
        "alt_text": avatar.alt_text,
        "asset": avatar.reference or None,
        "created_at": avatar.created_at.isoformat(),
        "chosen_at": avatar.chosen_at.isoformat(),
        "sha256": image.sha256,
        "type": image.mime,
        "width": image.width,
        "height": image.height,
        "frames": image.frames,
        "url": _url(avatar),
    }


def entry_of(call: Call, avatar: Avatar) -> dict[str, object]:
    """Build the JSON of a picture after a change: what is shown is read again."""
    return entry(avatar, shown_picture(call.owner_now(), call.now).avatar, call.now)


def _url(avatar: Avatar) -> str | None:
    """Return the URL of the largest square; None for a removed or held picture."""
    if avatar.state in {Avatar.State.REMOVED, Avatar.State.HELD}:
        return None
    rendition = pick_rendition(avatar.image.renditions.all(), _LARGEST)
    return None if rendition is None else urljoin(settings.current().site_origin, content_url(rendition))


# --- what the document says -------------------------------------------------------------------------------------------

_ID = Parameter("picture_id", "path", IDENTIFIER, "Of a picture in your history.")
_CURRENT, _ALL = "/me/picture", "/me/pictures"
_ONE = f"{_ALL}/{{picture_id}}"
_NO_SUCH = (NoSuchAvatar.kind,)
_UPLOAD = Upload({"alt_text": ALT_TEXT, "crop": CROP, "keep_rest": KEEP_REST}, types=PICTURE_TYPES)
_FETCH = input_of(
    {
        "address": text_up_to(2048, "The web address of a picture."),
        "alt_text": ALT_TEXT,
        "crop": CROP,
        "keep_rest": KEEP_REST,
    },
    required=("address",),
    example={"address": "https://example.org/me.png", "alt_text": "My face"},
)
_SET = (*DECODED, *SHOWN)

PICTURES = Group(
    "Pictures",
    "Your picture, and the history of those you had.",
    (
        Operation(
            "getPicture", "GET", _CURRENT, "Your picture as others see it now, and the ids of your history.",
            get_picture, READ, "CurrentPicture",
        ),
        Operation(
            "putPicture", "PUT", _CURRENT,
            "Makes the body your picture. The same bytes again choose the same picture again. Nothing of what you send "
            "is kept but what we encode of it. With a crop, the whole picture is kept, too, for you alone.",
            put_picture, WRITE, "Picture", body=_UPLOAD, problems=_SET, keeps_answer=True,
        ),
        Operation(
            "fetchPicture", "POST", f"{_CURRENT}/fetch", "Makes the picture at a web address yours. We fetch it once.",
            fetch_from_web, WRITE, "Picture", body=Json(_FETCH, 16 * 1024),
            problems=(*_SET, NOT_FETCHED, *fetch_refusals()), keeps_answer=True,
        ),
        Operation(
            "deletePicture", "DELETE", _CURRENT,
            "Removes your current picture; the one you chose before it comes back.",
            delete_picture, DELETE, "Removal", problems=(NO_PICTURE, *_NO_SUCH),
        ),
        Operation(
            "listPictures", "GET", _ALL, "Your history, chosen last first.", list_pictures, READ, "Pictures", PAGED,
        ),
        Operation(
            "describePicture", "PATCH", _ONE, "Sets what the picture shows, for people who can't see it.",
            describe_picture, WRITE, "Picture", (_ID,),
            Json(input_of({"alt_text": ALT_TEXT}, required=("alt_text",), example={"alt_text": "My face"})), _NO_SUCH,
        ),
        Operation(
            "removePicture", "DELETE", _ONE, "Removes a picture from your history. It can be restored for a while.",
            remove_picture, DELETE, "Removal", (_ID,), problems=_NO_SUCH,
        ),
        Operation(
            "usePicture", "POST", f"{_ONE}/use", "Makes a picture of your history the current one again.",
            use_picture, WRITE, "Picture", (_ID,), problems=SHOWN,
        ),
        Operation(
            "restorePicture", "POST", f"{_ONE}/restore", "Undoes a removal.",
            restore_picture, WRITE, "Picture", (_ID,), problems=SHOWN,
        ),
        Operation(
            "cropPicture", "POST", f"{_ONE}/crop",
            "Makes another part of an upload your picture, as a new entry of the history. All that was kept is there "
            "to choose from, whatever part is shown now.",
            crop_picture, WRITE, "Picture", (_ID,), Json(CROPPING), _SET, keeps_answer=True,
        ),
        Operation(
            "getWholePicture", "GET", f"{_ONE}/whole", "All that is kept of an upload, in our encoding, for you alone.",
            get_whole, READ, Media("The picture.", ("image/webp", "image/png", "image/jpeg", "image/avif")), (_ID,),
            problems=(*_NO_SUCH, *STORE),
        ),
    ),
    SCHEMAS,
)  # fmt: skip
