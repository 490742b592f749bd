"""A field for the host project's own form about a person: it shows, takes and removes their picture, without scripts.

    class SettingsForm(AvatarFormMixin, forms.ModelForm):
        picture = AvatarField()

The form of a user, or of a model with a `user`, needs no more. Others set `avatar_user`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles import limits, settings
from profiles.errors import ExpectedError
from profiles.models import StoredImage
from profiles.people.profiles import profile_of
from profiles.picture_forms import too_large
from profiles.pictures.history import AvatarDetails, attach_avatar, clear_avatar
from profiles.problems import public_error
from profiles.serving.of_users import avatar_url, find_owner, forget_owner
from profiles.serving.showing import shown_picture
from profiles.sources import UPLOAD
from profiles.store.images import keep_image

SHOWN_SIZE = 96


class AvatarWidget(forms.ClearableFileInput):
    """A file input beside the picture of `person`, a user, with a check box that removes it if there is one."""

    template_name = "profiles/widgets/avatar.html"
    clear_checkbox_label: Any = _("Remove the picture")
    person: object = None

    class Media:
        css: ClassVar = {"all": ["profiles/css/avatar.css"]}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": "image/*", **(attrs or {})})

    def is_initial(self, value: object) -> bool:
        """Return whether the person has a picture now. It is no value of the form, so `value` says nothing."""
        owner = find_owner(self.person)
        return owner is not None and shown_picture(owner, timezone.now()).avatar is not None

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and not self.is_initial(None)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        urls = {"url": avatar_url(self.person, SHOWN_SIZE), "url_dense": avatar_url(self.person, 2 * SHOWN_SIZE)}
        context = super().get_context(name, value, attrs)
        is_checked = context["widget"]["attrs"].pop("checked", False)  # of the box, not of the file input
        return {**context, **urls, "size": SHOWN_SIZE, "is_checked": is_checked}


class AvatarField(forms.FileField):
    """A file that becomes the person's picture, or False to have none. `AvatarFormMixin` does both on `save`.

    With `required=True`, a person without a picture must send one, and nobody can remove theirs.
    """

    widget = AvatarWidget

    def __init__(self, **options: Any) -> None:
        messages = {"contradiction": _("Choose another picture or remove yours, not both.")}
        shown: dict[str, Any] = {"label": _("Picture"), "required": False, "allow_empty_file": True}
        given = options | {"error_messages": messages | options.get("error_messages", {})}
        super().__init__(**shown | given)

    def clean(self, data: Any, initial: object = None) -> Any:
        widget: Any = self.widget
        if self.required and not data and widget.is_initial(None):
            return None  # no change
        return super().clean(data, initial)


class AvatarFormMixin(forms.BaseForm):
    """A form with an `AvatarField`. Put it before forms.ModelForm or forms.Form.

    A picture that can't be used is an error of its field, with the sentence that our own page would say. With
    `save(commit=False)`, or in a form that is no ModelForm, call `save_avatar()` when the person is stored.
    """

    avatar_user: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: StoredImage | None = None
        self._is_cleared = False
        for field in self.fields.values():
            if isinstance(field, AvatarField):
                widget: Any = field.widget
                widget.person = self.get_avatar_user()

    def get_avatar_user(self) -> Any:
        """Return the user whose picture it is: `avatar_user`, else that of the form's instance."""
        instance = getattr(self, "instance", None)
        of_instance = instance if isinstance(instance, get_user_model()) else getattr(instance, "user", None)
        return self.avatar_user or of_instance

    def clean(self) -> dict[str, Any] | None:
        """Decode the file, and store what is kept of it. It is nobody's picture yet, and purged if it never is."""
        super().clean()
        for name, field in self.fields.items():
            file = self.cleaned_data.get(name) if isinstance(field, AvatarField) else None
            self._is_cleared |= file is False
            if isinstance(file, UploadedFile):
                try:
                    self._kept = self._keep(file)
                except ExpectedError as error:
                    self.add_error(name, public_error(error).sentence)
        return self.cleaned_data

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)  # type: ignore[misc]  # of the ModelForm behind
        if commit:
            self.save_avatar()
        return saved

    def save_avatar(self) -> None:
        """Make the file that was sent the person's picture, or show none if they asked for that."""
        user = self.get_avatar_user()
        if self._kept is not None:
            attach_avatar(profile_of(user), self._kept, UPLOAD, details=AvatarDetails(), actor=user)
        elif self._is_cleared:
            clear_avatar(profile_of(user), user)
        forget_owner(user)

    def _keep(self, file: UploadedFile[bytes]) -> StoredImage:
        ours = settings.current()
        user = self.get_avatar_user()
        if user is not None and user.pk is not None:  # not of a form that signs somebody up
            limits.spend("uploads", user.pk, ours.uploads_per_hour)
        if (file.size or 0) > ours.upload_max_bytes:
            raise ExpectedError(too_large(file.size or 0))
        return keep_image(file.read(), svg_allowed=False).row
