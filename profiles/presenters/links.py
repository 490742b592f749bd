"""Links in what people write."""

from __future__ import annotations

from typing import Any

from django.utils.html import Urlizer
from django.utils.safestring import SafeString, mark_safe


class _Links(Urlizer):
    """Django's, but a name without a scheme means https: Django 5.2 and 6 differ, and nobody reads it."""

    def handle_word(self, word: str, **options: Any) -> Any:
        lead, middle, trail = self.trim_punctuation(word)
        has_no_scheme = self.simple_url_2_re.match(middle)
        return super().handle_word(f"{lead}https://{middle}{trail}" if has_no_scheme else word, **options)

    def trim_url(self, x: str, *, limit: int | None) -> str:
        return str(super().trim_url(x.removeprefix("https://"), limit=limit))


def linked(text: str, limit: int | None = None) -> SafeString:
    """Return the text as HTML, with web and mail addresses as links, whose texts have at most `limit` characters."""
    return mark_safe(_Links()(text, trim_url_limit=limit, nofollow=True, autoescape=True))  # noqa: S308 - it escapes
