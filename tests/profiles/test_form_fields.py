"""The field of a project's own form about a person: it takes a picture, and removes it as Django's file fields do."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from profiles.form_fields import AvatarField, AvatarFormMixin
from profiles.models import Avatar, Profile
from profiles.testing.people import a_picture, an_upload, in_use

pytestmark = pytest.mark.django_db


class MemberForm(AvatarFormMixin, forms.ModelForm):  # type: ignore[type-arg]  # as a project without stubs writes it
    picture = AvatarField()

    class Meta:
        model = User
        fields = ["first_name"]


class StrictForm(MemberForm):
    picture = AvatarField(required=True)


def send(
    person: Profile, kind: type[MemberForm] = MemberForm, *, file: bool = False, clears: bool = False
) -> MemberForm:
    """Return the form as a browser sends it, saved if it is valid."""
    fields = {"first_name": "Al"} | ({"picture-clear": "on"} if clears else {})
    files = {"picture": SimpleUploadedFile("a.png", a_picture())} if file else {}
    user = get_user_model().objects.get(pk=person.user_id)
    form = kind(fields, files, instance=user)
    if form.is_valid():
        form.save()
    return form


def test_a_form_that_says_nothing_of_the_picture_changes_nothing(alice: Profile) -> None:
    shown = an_upload(alice)
    assert send(alice).is_valid()
    assert in_use(alice) == shown


def test_a_picture_is_removed_and_none_comes_back(alice: Profile) -> None:
    earlier, shown = an_upload(alice), an_upload(alice)
    assert "Remove the picture" in send(alice).as_p()
    form = send(alice, clears=True)
    assert form.is_valid()
    assert in_use(alice) is None
    shown.refresh_from_db()
    earlier.refresh_from_db()
    assert (shown.state, earlier.state) == (Avatar.State.REMOVED, Avatar.State.ACTIVE)


def test_after_removal_the_same_form_shows_that_there_is_nothing_to_remove(alice: Profile) -> None:
    an_upload(alice)
    page = send(alice, clears=True).as_p()
    assert "picture-clear" not in page
    assert " checked" not in page


def test_a_person_who_never_had_a_picture_can_neither_see_nor_break_anything(alice: Profile) -> None:
    assert "picture-clear" not in send(alice).as_p()
    assert send(alice, clears=True).is_valid()
    assert in_use(alice) is None


def test_another_picture_and_its_removal_at_once_contradict_each_other(alice: Profile) -> None:
    shown = an_upload(alice)
    form = send(alice, file=True, clears=True)
    assert form.errors["picture"] == ["Choose another picture or remove yours, not both."]
    assert in_use(alice) == shown


def test_a_required_picture_can_be_replaced_but_not_removed(alice: Profile) -> None:
    assert send(alice, StrictForm).errors["picture"] == ["This field is required."]
    assert send(alice, StrictForm, file=True).is_valid()
    shown = in_use(alice)
    page = send(alice, StrictForm).as_p()
    assert "picture-clear" not in page
    assert " required" not in page.partition('type="file"')[2], "the browser asks for no second one"
    assert send(alice, StrictForm, clears=True).is_valid()
    assert in_use(alice) == shown


def test_the_form_brings_the_one_stylesheet_that_its_picture_needs() -> None:
    assert "profiles/css/avatar.css" in str(MemberForm().media)
