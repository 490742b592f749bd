from __future__ import annotations

from django import forms

from profiles.form_fields import AvatarField, AvatarFormMixin
from tests.kit.host_app.models import Profile


class ProfileForm(AvatarFormMixin, forms.ModelForm):  # type: ignore[type-arg]  # a host has no django-stubs
    picture = AvatarField()

    class Meta:
        model = Profile
        fields = ["about"]
