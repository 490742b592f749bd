"""Import the pictures of one person, by the use case and the checks of uploads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from profiles.blocks.matching import PictureBlocked, digest
from profiles.decoding import Decoder
from profiles.errors import ExpectedError
from profiles.images.errors import SIDE_TOO_LONG, TOO_MANY_BYTES, TOO_MANY_PIXELS, ImageRefused
from profiles.images.limits import ImageLimits
from profiles.imports.entries import Outcome, Result, Stopped, Unusable
from profiles.imports.outage_waits import Patience
from profiles.imports.people import Key, all_users
from profiles.imports.planning import Place
from profiles.imports.reading import larger_limits
from profiles.models import Avatar, Block, Profile
from profiles.people.profiles import profile_of
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.importing import Added, ImportedPicture, add_imported, has_own_picture, was_imported
from profiles.settings import decode_request
from profiles.store.images import judge_image, keep_image

log = logging.getLogger(__name__)

_TOO_LARGE = (TOO_MANY_BYTES, TOO_MANY_PIXELS, SIDE_TOO_LONG)
_HAS_ONE = (Outcome.HAS_ONE, "The person has a picture here already, or removed theirs.")
_BEFORE = "It was imported before."
Verdict = tuple[Outcome, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Rules:
    """What the operator wants: see the options of the command. `origin` is the source's name."""

    origin: str
    decoder: Decoder
    patience: Patience
    replace: bool = False
    history: bool = False
    dry_run: bool = False


def import_person(user: Key, places: Sequence[Place], rules: Rules) -> list[Result]:
    """Import these pictures in their order. Raise Stopped if something is down for too long."""
    try:
        has_one = not rules.replace and rules.patience.call(partial(_has_own, user, rules.origin))
    except Unusable as error:
        return [result_of(place, user, error.outcome, error.reason) for place in places]
    return [result_of(place, user, *(_HAS_ONE if has_one else _import(user, place, rules))) for place in places]


def result_of(place: Place, user: object, outcome: Outcome, reason: str) -> Result:
    entry = place.entry
    return Result(entry.key, entry.person, entry.where, str(user), outcome, reason)


def _has_own(user: Key, origin: str) -> bool:
    profile = Profile.objects.filter(user_id=user).first()
    return profile is not None and has_own_picture(profile, origin)


def _import(user: Key, place: Place, rules: Rules) -> Verdict:
    """Return what became of one picture. Nothing that a picture or its source can do raises more than Stopped."""
    try:
        content = rules.patience.call(place.entry.read)
        picture = ImportedPicture(
            rules.origin,
            digest(content),
            place.is_current,
            place.chosen_at,
            place.entry.uploaded_at,
            place.entry.alt_text,
        )
        work = _rehearse if rules.dry_run else _add
        return rules.patience.call(partial(work, user, content, picture, rules))
    except Stopped:
        raise
    except Exception as error:  # noqa: BLE001 - one picture must not end the import
        return _verdict_of(error)


def _add(user: Key, content: bytes, picture: ImportedPicture, rules: Rules) -> Verdict:
    person = all_users().filter(pk=user).first()
    if person is None:
        return Outcome.NO_USER, "The user was deleted meanwhile."
    image, outcome = _allowing_more(lambda limits: keep_image(content, decoder=rules.decoder, limits=limits).row)
    profile = profile_of(person)
    added, avatar = add_imported(profile, image, picture, replace=rules.replace)
    if added is Added.HAS_ONE:
        return _HAS_ONE
    is_held = avatar is not None and avatar.state == Avatar.State.HELD
    return Outcome.HELD if is_held else outcome, _BEFORE if added is Added.BEFORE else ""


def _rehearse(user: Key, content: bytes, picture: ImportedPicture, rules: Rules) -> Verdict:
    """Do the checks of `_add`, and write nothing."""
    profile = Profile.objects.filter(user_id=user).first()
    if profile is not None and was_imported(profile, picture):
        return Outcome.IMPORTED, _BEFORE
    resembled, outcome = _allowing_more(lambda limits: _judge(content, rules, limits))
    return Outcome.HELD if resembled else outcome, ""


def _judge(content: bytes, rules: Rules, limits: ImageLimits | None) -> list[Block]:
    return judge_image(content, decode_request((), svg_allowed=False, limits=limits), rules.decoder)[1]


def _allowing_more(work: Callable[[ImageLimits | None], T]) -> tuple[T, Outcome]:
    """Call `work` with the limits of uploads, and with larger ones if the picture is over them."""
    try:
        return work(None), Outcome.IMPORTED
    except ImageRefused as error:
        if not any(map(error.is_a, _TOO_LARGE)):
            raise
    return work(larger_limits()), Outcome.SMALLER


def _verdict_of(error: Exception) -> Verdict:
    match error:
        case Unusable():
            return error.outcome, error.reason
        case PictureBlocked() | AvatarNotShowable():
            return Outcome.BLOCKED, str(error)
        case ImageRefused():
            return Outcome.TOO_LARGE if any(map(error.is_a, _TOO_LARGE)) else Outcome.DAMAGED, str(error)
        case ExpectedError():
            return Outcome.FAILED, str(error)
    log.error("An entry could not be imported", exc_info=error)
    return Outcome.FAILED, f"Something went wrong on our side ({type(error).__name__}). The log has more."
