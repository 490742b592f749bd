"""Find paths in a page that lead to neither our prefix nor what the host serves itself."""

from __future__ import annotations

import re

_ATTRIBUTE = re.compile(r'(?:href|src|srcset|action|data-[a-z-]+)="(/[^"]*)"')
_KNOWN = ("/pictures/", "/static/", "/media/", "/admin/")


def find_strays(html: str) -> list[str]:
    return [path for path in _ATTRIBUTE.findall(html) if not path.startswith(_KNOWN) and path != "/"]
