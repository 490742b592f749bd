"""Have new pictures judged by the function that AVATAR_CLASSIFIER names, in a worker, once for each stored picture.

It gets a `ClassifierPicture` and returns an `Opinion`. What it raises, answers otherwise or takes too long for is
UNKNOWN: it is asked again, and meanwhile the picture is shown or held, as AVATAR_CLASSIFIER_UNKNOWN says. Without a
classifier nothing of this happens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from django.db.models import Q
from django.utils.module_loading import import_string

from profiles import settings
from profiles.blocks.matching import PictureBlocked, describe_block
from profiles.errors import ExpectedError
from profiles.images.formats import OutputFormat
from profiles.images.render import reduce
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import Avatar, Classification, StoredImage
from profiles.pictures.holds import Cause, hold_avatar, release_avatar, take_down
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _
from profiles.store import objects
from profiles.text import one_line

log = logging.getLogger(__name__)

Answer = Classification.Answer
ALLOW, HOLD, REFUSE = Answer.ALLOW.value, Answer.HOLD.value, Answer.REFUSE.value
#: The longer side, in pixels, of the picture that the classifier gets.
SIDE = 1024


@dataclass(frozen=True)
class ClassifierPicture:
    """What a classifier gets. `png` is the still picture, its longer side SIDE at most; `webp` all that is kept of it.

    `source_format` and `frames` are those of the original; `sha256` names `webp`.
    """

    png: bytes
    webp: bytes
    sha256: str
    width: int
    height: int
    frames: int
    source_format: str


class Opinion(NamedTuple):
    """What a classifier says: "allow", "hold" for a person to decide, or "refuse". People read the reason."""

    answer: str
    reason: str = ""


Classifier = Callable[[ClassifierPicture], Opinion]


class Unknown(ExpectedError):
    """The classifier failed, took too long, or gave no answer. It is asked again."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=False)


def want_classification(image: StoredImage, now: datetime) -> Cause | None:
    """Have a picture judged that is about to be used. Return why it must be held until then, or since.

    Raise PictureBlocked if it was refused. No query without a classifier.
    """
    if not settings.current().classifier:
        return None
    row, is_new = Classification.objects.get_or_create(image=image, defaults={"due_at": now})
    if is_new:
        queue_due(classify_picture)
    if row.answer == REFUSE:
        raise PictureBlocked(describe_block(row.reason))
    if row.answer == HOLD:
        return Cause(row.reason, waits=True)
    is_awaited = row.answer == Answer.WAITING and settings.current().classifier_unknown == "hold"
    return Cause(_("It has not been checked yet."), waits=True) if is_awaited else None


def is_awaited(image: StoredImage) -> bool:
    """Return whether the classifier has not answered yet. False without one."""
    if not settings.current().classifier:
        return False
    return Classification.objects.filter(image=image, answer=Answer.WAITING).exists()


@job(rows=Classification)
def classify_picture(image_id: int, now: datetime) -> str:
    """Ask the classifier about a picture, if that is due, and do what it says. Return its answer, or ""."""
    row = lease_row(Classification.objects.filter(pk=image_id), now)
    if row is None:
        return ""
    with row.attempting(now):
        if not settings.current().classifier:  # it was taken out of the settings
            row.release()
            return ""
        opinion = ask(_read(row.image))
        if row.release(answer=opinion.answer, reason=opinion.reason, answered_at=now):
            apply_opinion(row.image, opinion)
            return opinion.answer
    return ""


def ask(picture: ClassifierPicture) -> Opinion:
    """Return the classifier's opinion. Raise Unknown.

    It runs in a thread that is left to itself if it takes too long: nothing can end it from outside.
    """
    path, seconds = settings.current().classifier, settings.current().classifier_time.total_seconds()
    answers: SimpleQueue[object] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(import_string(path)(picture))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's code raises
            answers.put(error)

    Thread(target=run, daemon=True, name="classifier").start()
    try:
        said = answers.get(timeout=seconds)
    except Empty:
        raise Unknown(_("The classifier took longer than %(seconds)s s.", seconds=seconds)) from None
    if isinstance(said, Exception):
        log.error("The classifier failed", exc_info=said)
        raise Unknown(_("The classifier failed: %(what)s.", what=type(said).__name__)) from said
    return _parse(said)


def apply_opinion(image: StoredImage, opinion: Opinion) -> None:
    """Hold, remove or release every picture that shows this image."""
    using = Avatar.objects.filter(Q(image=image) | Q(uncut=image)).exclude(is_locked=True)
    for avatar_id in list(using.order_by("pk").values_list("pk", flat=True)):
        if opinion.answer == HOLD:
            hold_avatar(avatar_id, Cause(opinion.reason, waits=True), None)
        elif opinion.answer == REFUSE:
            take_down(avatar_id, opinion.reason, None)
        else:
            release_avatar(avatar_id, None, None, opinion.reason)


def _parse(said: object) -> Opinion:
    if not isinstance(said, tuple) or len(said) != len(Opinion._fields) or said[0] not in {ALLOW, HOLD, REFUSE}:
        raise Unknown(_("The classifier's answer is none of allow, hold and refuse with a reason."))
    reason = one_line(str(said[1]))[:200]
    return Opinion(said[0], reason or ("" if said[0] == ALLOW else _("It was found by an automatic check.")))


def _read(image: StoredImage) -> ClassifierPicture:
    master = objects.get(objects.master_key(image.sha256))
    png = reduce(master, SIDE, OutputFormat.PNG).data
    size = image.width, image.height
    return ClassifierPicture(png, master, image.sha256, *size, image.frames, image.source_format)
