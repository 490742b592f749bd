"""What a classifier says is done, and what it does not say is no answer."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from profiles.blocks.matching import PictureBlocked
from profiles.models import Avatar, Classification, Profile
from profiles.moderation.held import approve, waiting_holds
from profiles.pictures import classifying
from profiles.pictures.classifying import ALLOW, HOLD, REFUSE, ClassifierPicture, Opinion, classify_picture
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sources import UPLOAD
from profiles.testing.people import a_person, in_use
from profiles.testing.pictures import encoded, opened
from tests.kit.collections_of_pictures import photo

SAID: list[Any] = []
SEEN: list[ClassifierPicture] = []


def classifier(picture: ClassifierPicture) -> Any:
    SEEN.append(picture)
    said = SAID[-1]
    if isinstance(said, Exception):
        raise said
    return said


def hanging(picture: ClassifierPicture) -> Opinion:
    time.sleep(0.5)
    return Opinion(REFUSE, "Too late.")


@pytest.fixture
def staff(db: None) -> User:
    return a_person("staff").user


@pytest.fixture(autouse=True)
def _classifier(settings: Any) -> None:
    SEEN.clear()
    settings.AVATAR_CLASSIFIER = f"{__name__}.classifier"


def show(person: Profile, number: int) -> Avatar:
    content = encoded(photo(number), "PNG")
    return set_avatar(person, content, UPLOAD, details=AvatarDetails(), actor=person.user)


def classify(avatar: Avatar, said: object) -> Avatar:
    SAID.append(said)
    Classification.objects.filter(image=avatar.image).update(due_at=timezone.now())
    classify_picture(avatar.image_id, timezone.now())
    return Avatar.objects.get(pk=avatar.pk)


def test_an_allowed_picture_stays_and_is_judged_once(alice: Profile, bob: Profile) -> None:
    avatar = classify(show(alice, 31), Opinion(ALLOW))
    assert avatar.state == Avatar.State.ACTIVE
    picture = SEEN[0]
    assert (opened(picture.png).size, picture.source_format, picture.frames) == ((256, 256), "png", 1)
    show(bob, 31)
    classify_picture(avatar.image_id, timezone.now())
    assert len(SEEN) == 1


def test_a_held_picture_waits_for_a_person_and_an_approval_stands(alice: Profile, bob: Profile, staff: User) -> None:
    avatar = classify(show(alice, 32), Opinion(HOLD, "Perhaps."))
    assert (avatar.state, in_use(alice)) == (Avatar.State.HELD, None)
    assert show(bob, 32).state == Avatar.State.HELD
    assert approve(waiting_holds()[0], "It is a cat.", staff, timezone.now()) == 2
    assert in_use(alice) == avatar
    assert show(a_person("carol"), 32).state == Avatar.State.ACTIVE


def test_a_refused_picture_goes_with_the_reason_and_stays_away(alice: Profile, bob: Profile) -> None:
    avatar = classify(show(alice, 33), (REFUSE, "It shows\nviolence."))
    assert (avatar.state, avatar.is_locked, avatar.reason) == (Avatar.State.REMOVED, True, "It shows violence.")
    with pytest.raises(PictureBlocked, match="It shows violence"):
        show(bob, 33)


@pytest.mark.parametrize("said", [ValueError("broken"), None, ("perhaps", ""), "allow", Opinion("", "")])
def test_an_error_or_no_answer_is_unknown_and_asked_again(alice: Profile, said: object) -> None:
    avatar = classify(show(alice, 34), said)
    row = Classification.objects.get()
    assert avatar.state == Avatar.State.ACTIVE, "an outage of the classifier hides nothing"
    assert (row.answer, row.due_at is not None) == ("", True)
    assert classify(avatar, Opinion(HOLD, "Now it says so.")).state == Avatar.State.HELD


def test_a_hanging_classifier_is_unknown(alice: Profile, settings: Any) -> None:
    settings.AVATAR_CLASSIFIER = f"{__name__}.hanging"
    settings.AVATAR_CLASSIFIER_SECONDS = 0.01
    assert classify(show(alice, 35), None).state == Avatar.State.ACTIVE
    assert "longer than" in Classification.objects.get().last_error


def test_a_site_may_hold_pictures_until_they_are_judged(alice: Profile, settings: Any) -> None:
    settings.AVATAR_CLASSIFIER_UNKNOWN = "hold"
    avatar = show(alice, 36)
    assert avatar.state == Avatar.State.HELD
    assert classify(avatar, Opinion(ALLOW)).state == Avatar.State.ACTIVE
    assert in_use(alice) == avatar


def test_without_a_classifier_nothing_is_asked(alice: Profile, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AVATAR_CLASSIFIER = ""
    monkeypatch.setattr(classifying, "queue_due", lambda _: pytest.fail("a job was queued"))
    show(alice, 37)
    assert not Classification.objects.exists()
