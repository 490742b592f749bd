from django import forms
from people.models import Profile

from profiles.form_fields import AvatarField, AvatarFormMixin


class ProfileForm(AvatarFormMixin, forms.ModelForm):
    picture = AvatarField(label="Bild")

    class Meta:
        model = Profile
        fields = ["boat"]
