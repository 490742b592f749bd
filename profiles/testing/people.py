"""People and pictures for tests: Alice, Bob on her team, and the stranger Charlie."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import EmailField
from django.utils import timezone
from PIL import Image

from profiles.models import Avatar, Profile
from profiles.people.profiles import profile_of
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.serving.showing import ShownPicture, shown_picture
from profiles.sources import UPLOAD

_colors = random.Random()


def a_user(name: str, password: str | None = None) -> Any:
    """Return a new user of the project's user model, whose manager must have `create_user`.

    Its name and what the model requires are `name`, or an e-mail address of that name where the field takes one.
    """
    model: Any = get_user_model()
    names = {model.USERNAME_FIELD, *model.REQUIRED_FIELDS, getattr(model, "EMAIL_FIELD", "")} - {""}
    is_email = {each: isinstance(model._meta.get_field(each), EmailField) for each in names}
    values = {each: f"{name}@example.org" if is_email[each] else name for each in names}
    return model.objects.create_user(**values, password=password)


def a_person(username: str = "alice", *, display_name: str = "", password: str | None = None) -> Profile:
    """Return the profile of a new user. Passwords take long to hash: omit it and use `client.force_login`."""
    profile = profile_of(a_user(username, password))
    if display_name:
        profile.display_name = display_name
        profile.save(update_fields=["display_name"])
    return profile


def shown(profile: Profile) -> ShownPicture:
    """Return what visitors see of this person now: `avatar` (None for nothing), and whether it has its `mark`."""
    profile.refresh_from_db()
    return shown_picture(profile, timezone.now())


def in_use(profile: Profile) -> Avatar | None:
    """Return the picture that this person uses now."""
    profile.refresh_from_db()
    return profile.avatar


def a_picture(fmt: str = "PNG", *, size: tuple[int, int] = (320, 240), color: str = "") -> bytes:
    """Return a new picture, different from all others unless `color` is given."""
    chosen = color or f"#{_colors.randrange(1 << 24):06x}"
    image = Image.new("RGB", size, chosen)
    image.paste(Image.linear_gradient("L").resize((size[0] // 2, size[1])), (0, 0))
    buffer = BytesIO()
    image.save(buffer, fmt)
    return buffer.getvalue()


def an_animation(frames: int = 4, *, size: tuple[int, int] = (96, 96)) -> bytes:
    """Return a GIF whose frames have different colors."""
    pictures = [Image.new("RGB", size, f"#{_colors.randrange(1 << 24):06x}") for _ in range(frames)]
    buffer = BytesIO()
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return buffer.getvalue()


def an_upload(profile: Profile, content: bytes | None = None, *, title: str = "", alt_text: str = "") -> Avatar:
    """Upload a picture for this person and use it."""
    details = AvatarDetails(title=title, alt_text=alt_text)
    chosen = a_picture() if content is None else content
    return set_avatar(profile, chosen, UPLOAD, details=details, actor=profile.user)


def a_photo(size: tuple[int, int]) -> bytes:
    """Return a picture of many colors as a JPEG, different from all others."""
    wide, high = size
    shades = [Image.linear_gradient("L").rotate(angle).resize(size) for angle in (0, 90, 180)]
    image = Image.blend(Image.merge("RGB", shades), Image.effect_noise(size, 60).convert("RGB"), 0.2)
    image.paste(f"#{_colors.randrange(1 << 24):06x}", (wide // 3, high // 3, wide // 2, high // 2))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
