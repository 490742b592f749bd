"""Operations on a person's own profile, and on what anybody sees of people."""

from __future__ import annotations

from dataclasses import replace

from profiles import settings
from profiles.api.receipts import MARK_TEXT, RECEIPT
from profiles.errors import ExpectedError
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.models import HANDLE_PATTERN, Profile
from profiles.models.display import OnLoss, get_policies, resolve_policy
from profiles.people.email_names import set_found_by_email
from profiles.people.handles import (
    HANDLE_INVALID,
    HANDLE_RESERVED,
    HANDLE_TAKEN,
    HANDLE_TOO_SOON,
    MAX_HANDLE,
)
from profiles.people.hiding import visible_profiles
from profiles.people.link_checks import shown_links
from profiles.people.links import MAX_LENGTH, MAX_LINKS, LinkError, parse_links
from profiles.people.profiles import ProfileText, update_profile
from profiles.pictures.changing import NO_PICTURE
from profiles.pictures.rights import set_on_loss
from profiles.programs.errors import BODY_INVALID, NO_SUCH_PROFILE
from profiles.programs.operations import Answer, Call, Group, Json, Media, Operation, Parameter
from profiles.programs.schemas import (
    ADDRESS,
    MOMENT,
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
    text_up_to,
)
from profiles.scopes import PROFILE, READ
from profiles.serving.receipt import build_receipt
from profiles.serving.request import BAD_IDENTIFIER, CONTAIN, MAX_SIZE, NOT_FOUND
from profiles.serving.showing import shown_picture


def get_own_profile(call: Call) -> Answer:
    return _own(call.owner_now(), call)


def update_own_profile(call: Call) -> Answer:
    """Store the members that were sent. All texts are stored, or none of them."""
    said, owner = call.values, call.owner
    found_by_email = said.get("is_found_by_email", owner.is_found_by_email)
    if found_by_email and not settings.knows_addresses():
        raise ExpectedError("This site knows no e-mail addresses, so nobody is found by theirs.", BODY_INVALID)
    policies = [policy.value for policy in get_policies()]
    if said.get("on_loss", policies[0]) not in policies:
        raise ExpectedError(f"Here on_loss is one of these: {', '.join(policies)}.", BODY_INVALID)
    texts = {_COLUMNS.get(name, name): said[name] for name in _TEXTS if name in said}
    if "links" in said:
        texts["links"] = parse_links("\n".join(said["links"]))
    if texts:
        update_profile(owner, replace(ProfileText.of(owner), **texts), actor=call.actor, now=call.now)
    if found_by_email != owner.is_found_by_email:
        set_found_by_email(owner, found_by_email, call.actor)
    if "on_loss" in said or "returns_by_itself" in said:
        policy = said.get("on_loss", resolve_policy(owner.on_loss).value)
        returns = said.get("returns_by_itself", owner.returns_by_itself)
        set_on_loss(owner, on_loss=policy, returns_by_itself=returns, actor=call.actor)
    return _own(call.owner_now(), call)


def get_profile(call: Call, handle: str) -> Answer:
    found = visible_profiles().select_related("avatar__image").filter(handle=handle.lower()).first()
    if found is None:
        raise ExpectedError(f"Nobody here has the handle {handle[:40]}.", NO_SUCH_PROFILE)
    shown = shown_picture(found, call.now)
    return {**build_receipt(found, shown), "mark_text": shown.mark_text, **_said_by(found, call)}


def _own(profile: Profile, call: Call) -> Answer:
    return {
        "handle": profile.handle,
        "name": profile.display_name,
        **_said_by(profile, call),
        "is_found_by_email": profile.is_found_by_email,
        "on_loss": resolve_policy(profile.on_loss).value,
        "returns_by_itself": profile.returns_by_itself,
    }


def _said_by(profile: Profile, call: Call) -> dict[str, object]:
    links = [
        {"url": link.url, "verified_at": None if link.verified_at is None else link.verified_at.isoformat()}
        for link in shown_links(profile, call.now)
    ]
    return {"pronouns": profile.pronouns, "bio": profile.bio, "links": links}


# --- what the document says -------------------------------------------------------------------------------------------

_COLUMNS = {"name": "display_name"}
_TEXTS = ("handle", "name", "pronouns", "bio")
_ABOUT: dict[str, Schema] = {"pronouns": TEXT, "bio": TEXT, "links": list_of(ref("Link"))}
_POLICIES = [policy.value for policy in OnLoss]
_CHANGE = input_of(
    {
        "handle": text_up_to(MAX_HANDLE, "The name in your page's address. It can be changed a few times a month."),
        "name": text_up_to(60),
        "pronouns": text_up_to(40),
        "bio": text_up_to(280),
        "links": list_of(text_up_to(MAX_LENGTH), "Web addresses of your pages elsewhere.", most=MAX_LINKS),
        "is_found_by_email": described(YES_NO, "Whether sites that know your e-mail address find your picture."),
        "on_loss": one_of(
            _POLICIES, "What others see when the right to your picture is lost. A site may allow only some."
        ),
        "returns_by_itself": described(YES_NO, "Whether a picture whose right is back is shown again without asking."),
    },
    example={"name": "Alice", "bio": "I paint.", "links": ["https://alice.example"]},
)
_SCHEMAS: dict[str, Schema] = {
    "Link": answer_of(
        {
            "url": ADDRESS,
            "verified_at": or_null(MOMENT, "When the page there was last seen to link back; null for never."),
        },
        "A page of the person elsewhere.",
    ),
    "OwnProfile": answer_of(
        {
            "handle": TEXT,
            "name": described(TEXT, "Empty: the handle is shown."),
            **_ABOUT,
            "is_found_by_email": YES_NO,
            "on_loss": one_of(_POLICIES),
            "returns_by_itself": YES_NO,
        },
        "What you say of yourself, and what you decided.",
    ),
    "Profile": answer_of(
        {**RECEIPT, "mark_text": MARK_TEXT, **_ABOUT}, "A person in public, with the receipt of their picture."
    ),
    "Receipt": answer_of(
        {
            **RECEIPT,
            "version": {"type": "integer"},
            "issuer": or_null(TEXT, "The site that says so."),
            "mark_until": or_null(MOMENT, "Until then the mark holds without another check."),
            "signature": {
                "type": ["object", "null"],
                "additionalProperties": True,
                "description": "Of the site's key, over all other members; null where `unsigned` says why.",
            },
            "unsigned": described(TEXT, "Why there is no signature."),
        },
        "What is shown of a person and what proves it, signed by the site.",
        optional=("unsigned", "signature"),
    ),
}
_IDENTIFIER = Parameter(
    "identifier",
    "path",
    {"type": "string", "pattern": "^[A-Za-z0-9](?:[A-Za-z0-9:._@-]{0,126}[A-Za-z0-9])?$"},
    "Names a person: their handle, the SHA-256 or MD5 of an address of theirs, or what else this site knows people by.",
    example="alice",
)
_HANDLE = Parameter(
    "handle", "path", {"type": "string", "pattern": HANDLE_PATTERN}, "As in /u/<handle>/.", example="alice"
)
_STYLES = [NOT_FOUND, *(style.value for style in FallbackStyle)]
_OF_PICTURES = (
    Parameter(
        "s", "query", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 80},
        "The side in pixels. A picture is never enlarged.",
    ),
    Parameter(
        "d", "query", one_of(_STYLES),
        "What to send where there is no picture: 404, or a drawing. Gravatar's and Libravatar's other names work, too.",
    ),
    Parameter("f", "query", one_of(["y"]), "Send the drawing in any case."),
    Parameter("fit", "query", one_of(["cover", CONTAIN]), "cover: the square in its middle; contain: all of it."),
    Parameter("still", "query", one_of(["1"]), "Without motion."),
)  # fmt: skip
_IMAGE_TYPES = tuple(sorted({fmt.content_type for fmt in OutputFormat}))

PROFILES = Group(
    "Profile",
    "What you say of yourself.",
    (
        Operation(
            "getOwnProfile", "GET", "/me/profile", "Your profile as you edit it.", get_own_profile, READ, "OwnProfile",
        ),
        Operation(
            "updateOwnProfile", "PATCH", "/me/profile", "Changes the members that you send, and leaves the others.",
            update_own_profile, PROFILE, "OwnProfile", body=Json(_CHANGE, 16 * 1024),
            problems=(HANDLE_INVALID, HANDLE_RESERVED, HANDLE_TAKEN, HANDLE_TOO_SOON, LinkError.kind),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
PUBLIC = Group(
    "Public",
    "What anybody sees, without a token.",
    (
        Operation(
            "getProfile", "GET", "/profiles/{handle}",
            "Anybody's public profile, with the receipt of their picture.",
            get_profile, None, "Profile",
            (_HANDLE,),
            problems=(NO_SUCH_PROFILE,),
        ),
        Operation(
            "getAvatar", "GET", "/avatar/{identifier}",
            "The picture itself, for any page to embed. `Accept` decides on the format, or a suffix of the identifier: "
            ".webp, .png, .jpg, .avif. A wrong parameter means its default, as an error would be a broken picture.",
            None, None, Media("The picture.", _IMAGE_TYPES), (_IDENTIFIER, *_OF_PICTURES),
            problems=(NO_PICTURE,), elsewhere=True,
        ),
        Operation(
            "getReceipt", "GET", "/avatar/{identifier}.json", "The receipt: what is shown, and what proves it.",
            None, None, "Receipt", (_IDENTIFIER,), problems=(NO_PICTURE, BAD_IDENTIFIER), elsewhere=True,
        ),
    ),
)  # fmt: skip
