"""Browsers and systems by the names that people know."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

ON = " on "
UNNAMED = "An unnamed program"
# Sign in the user agent → browser. The first match counts: most browsers also name those they descend from.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "SamsungBrowser": "Samsung Internet",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """Return "Firefox on Windows" as far as the user agent tells; a program is called by the first word it sends.

    It is in English, as it is stored and compared; `shown_device` is for people.
    """
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser:
        return f"{browser}{ON}{system}" if system else browser
    program = re.match(r"[\w.-]{1,40}", user_agent)
    return system or (program[0] if program else UNNAMED)


def shown_device(name: str) -> str:
    """Return the name of a device in the language of the page."""
    if name == UNNAMED:
        return _("An unnamed program")
    browser, on, system = name.partition(ON)
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if on else name


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for sign, name in names.items() if sign in user_agent), "")
