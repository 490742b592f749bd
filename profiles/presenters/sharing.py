"""What search engines and other programs read of a person's page."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from profiles import settings
from profiles.models import Profile
from profiles.sentences import gettext as _
from profiles.serving.showing import ShownPicture
from profiles.sources import words_of

# As `django.utils.html.json_script` escapes: nothing in a script element may look like its end.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def person_summary(profile: Profile, shown: ShownPicture) -> str:
    """Return what a search engine or a chat says of the page, in a sentence or two."""
    if profile.bio:
        return truncatechars(" ".join(profile.bio.split()), 200)
    site = settings.current().site_name or urlsplit(settings.current().site_origin).netloc
    if shown.mark and shown.avatar is not None:
        return words_of(shown.avatar).summary(profile.name, site)
    return _("%(name)s has a profile picture on %(site)s.", name=profile.name, site=site)


def person_json(profile: Profile, about: str) -> SafeString:
    """Return the person as JSON-LD (schema.org ProfilePage), in a script element that no browser runs."""
    page = settings.current().site_origin + profile.get_absolute_url()
    facts = {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "url": page,
        "mainEntity": {
            "@type": "Person",
            "name": profile.name,
            "alternateName": profile.handle,
            "identifier": profile.handle,
            "description": about,
            "sameAs": profile.links,
            "url": page,
            "image": settings.current().site_origin + reverse("profiles:avatar", args=[profile.handle]) + "?s=512",
        },
    }
    text = json.dumps(facts).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above
