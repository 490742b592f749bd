"""For any bytes: a stored picture or a refusal, never both, never neither."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.images.errors import ImageRefused
from profiles.models import Avatar, Profile, StoredImage
from profiles.store.objects import master_key
from profiles.testing.people import a_picture, an_animation, an_upload
from profiles.testing.stores import FileStore

GOOD = [a_picture("PNG"), a_picture("JPEG"), a_picture("WEBP"), a_picture("GIF"), an_animation()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Good pictures, cut or with some bytes changed."""
    content = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(1, len(content)))])


@pytest.mark.django_db
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.sampled_from(GOOD) | damaged())
def test_bytes_become_a_picture_or_a_refusal(alice: Profile, store: FileStore, content: bytes) -> None:
    before = (Avatar.objects.count(), StoredImage.objects.count(), store.object_keys())
    avatar, refusal = None, None
    try:
        avatar = an_upload(alice, content)
    except ImageRefused as refused:
        refusal = refused.sentence
    if avatar is None:
        assert refusal
        assert (Avatar.objects.count(), StoredImage.objects.count(), store.object_keys()) == before
    else:
        assert store.path(master_key(avatar.image.sha256)).exists()
        assert avatar.image.renditions.exists()
