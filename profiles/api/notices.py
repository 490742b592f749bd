"""Operations on a person's notices."""

from __future__ import annotations

from django.db.models import Q

from profiles import settings
from profiles.errors import ExpectedError
from profiles.models import Notice
from profiles.notices.choices import CHANNELS, SITE, is_wanted, set_choices
from profiles.notices.kinds import RULES, get_kinds
from profiles.notices.pages import get_page
from profiles.notices.recording import is_mine, mark_read
from profiles.notices.words import TEMPLATE
from profiles.presenters.notices import headline_of, text_of
from profiles.programs.errors import BODY_INVALID, NO_SUCH_NOTICE
from profiles.programs.operations import MAX_PAGE, PAGED, Answer, Call, Group, Json, Operation
from profiles.programs.schemas import (
    COUNT,
    IDENTIFIER,
    MOMENT,
    NEXT,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    list_of,
    one_of,
    or_null,
    ref,
)
from profiles.scopes import NOTICES as SCOPE
from profiles.sentences import load_sentence


def list_notices(call: Call) -> Answer:
    page = get_page(call.owner, call.after, size=call.limit)
    return {
        "notices": [_entry(notice) for notice in page.entries],
        "unread": call.owner.unread_notices,
        "next": None if page.next is None else str(page.next),
    }


def read_notices(call: Call) -> Answer:
    """Mark as read what is named, or all. One that was read already is no error, one of somebody else's is."""
    ids = call.values.get("ids")
    which = None if ids is None else Q(pk__in=ids)
    if which is not None and ids and not all(is_mine(call.owner, Q(pk=each)) for each in ids):
        raise ExpectedError("One of these is no notice of yours.", NO_SUCH_NOTICE)
    marked = mark_read(call.owner.pk, call.now, which)
    return {"marked": marked, "unread": call.owner_now().unread_notices}


def get_choices(call: Call) -> Answer:
    profile = call.owner_now()
    channels = CHANNELS if settings.knows_addresses() else (SITE,)
    choices = [
        {
            "kind": kind.value,
            "is_required": RULES[kind].is_required,
            **{channel: is_wanted(profile, kind, channel) for channel in channels},
        }
        for kind in get_kinds()
    ]
    return {"choices": choices}


def set_notice_choices(call: Call) -> Answer:
    offered = {kind.value: kind for kind in get_kinds()}
    wanted: dict[tuple[Notice.Kind, str], bool] = {}
    for choice in call.values["choices"]:
        kind = offered.get(choice["kind"])
        if kind is None or RULES[kind].is_required:
            raise ExpectedError(f"Nobody can choose about notices of the kind “{choice['kind']}” here.", BODY_INVALID)
        wanted |= {(kind, channel): choice[channel] for channel in CHANNELS if channel in choice}
    set_choices(call.owner, wanted, call.actor)
    return get_choices(call)


def _entry(notice: Notice) -> dict[str, object]:
    return {
        "id": str(notice.pk),
        "kind": notice.kind,
        "title": headline_of(notice),
        "sentence": text_of(notice),
        "facts": {name: load_sentence(text) for name, text in notice.facts.items() if name != TEMPLATE},
        "picture_id": None if notice.avatar_id is None else str(notice.avatar_id),
        "at": notice.at.isoformat(),
        "read_at": None if notice.read_at is None else notice.read_at.isoformat(),
    }


# --- what the document says -------------------------------------------------------------------------------------------

_KIND = one_of([kind.value for kind in Notice.Kind])
_CHOICE: dict[str, Schema] = {
    "kind": _KIND,
    "site": described(YES_NO, "Whether they stand on the site."),
    "mail": described(YES_NO, "Whether a mail follows."),
}
_SCHEMAS: dict[str, Schema] = {
    "Notice": answer_of(
        {
            "id": IDENTIFIER,
            "kind": _KIND,
            "title": described(TEXT, "What happened, in a few words."),
            "sentence": described(TEXT, "Why, and what follows; empty where there is no more to say."),
            "facts": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "Names and texts as they were then, by the kind.",
            },
            "picture_id": or_null(IDENTIFIER, "The picture that it is about."),
            "at": MOMENT,
            "read_at": or_null(MOMENT),
        },
        "Something that happened to your pictures or your account.",
    ),
    "Notices": answer_of(
        {"notices": list_of(ref("Notice")), "unread": COUNT, "next": NEXT}, "A page of your notices, newest first."
    ),
    "ReadNotices": answer_of({"marked": COUNT, "unread": COUNT}, "How many were marked, and how many are left."),
    "NoticeChoice": answer_of(
        {**_CHOICE, "is_required": described(YES_NO, "It can't be switched off.")},
        "Which notices of a kind you get. Without `mail` this site sends none.",
        optional=("mail",),
    ),
    "NoticeChoices": answer_of({"choices": list_of(ref("NoticeChoice"))}, "Which notices you get."),
}
_READ = input_of({"ids": list_of(IDENTIFIER, "Without it, all that stand on the site.", most=MAX_PAGE)})
_CHOOSE = input_of(
    {"choices": list_of(input_of(_CHOICE, required=("kind",)), most=len(Notice.Kind))},
    required=("choices",),
    example={"choices": [{"kind": "made", "mail": True}]},
)

NOTICES = Group(
    "Notices",
    "What you were told, and what you want to be told.",
    (
        Operation(
            "listNotices", "GET", "/me/notices", "Your notices, newest first. Reading them marks none as read.",
            list_notices, SCOPE, "Notices", PAGED,
        ),
        Operation(
            "readNotices", "POST", "/me/notices/read", "Marks notices as read.",
            read_notices, SCOPE, "ReadNotices", body=Json(_READ, 16 * 1024, is_required=False),
            problems=(NO_SUCH_NOTICE,),
        ),
        Operation(
            "getNoticeChoices", "GET", "/me/notice-choices", "Which notices you get.",
            get_choices, SCOPE, "NoticeChoices",
        ),
        Operation(
            "setNoticeChoices", "PATCH", "/me/notice-choices",
            "Switches notices of some kinds on or off. What you don't name stays as it is.",
            set_notice_choices, SCOPE, "NoticeChoices", body=Json(_CHOOSE),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
