"""Tags and filters of the site's own pages: the list of the settings, the greeting, and next steps for a person."""

from __future__ import annotations

from django import template
from django.apps import apps

from avatarsite import home_page, navigation
from avatarsite.home_page import NextStep
from profiles.models import Profile
from profiles.serving.showing import ShownPicture

register = template.Library()
register.filter(home_page.greeting)
register.simple_tag(navigation.settings_groups)


@register.simple_tag
def next_steps(profile: Profile, shown: ShownPicture) -> list[NextStep]:
    """Return what this person may want to do next."""
    done = home_page.read_progress(profile, shown)
    return home_page.next_steps(done, profile.get_absolute_url(), with_tokens=apps.is_installed("nft"))
