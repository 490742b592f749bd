"""Browsers and systems by the names that people know."""

from __future__ import annotations

import re

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
    """Return "Firefox on Windows" as far as the user agent tells; a program is called by the first word it sends."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    program = re.match(r"[\w.-]{1,40}", user_agent)
    return system or (program[0] if program else "An unnamed program")


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for sign, name in names.items() if sign in user_agent), "")
