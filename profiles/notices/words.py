"""The texts of a notice and what they know: pages and mails say the same.

A text has two templates, `<name>_subject.txt` and `<name>_message.txt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.template import Context
from django.template.base import Template
from django.template.engine import Engine
from django.utils.functional import lazy

from profiles.models import Notice
from profiles.notices.kinds import words_of
from profiles.sentences import Sentence, load_sentence, translate
from profiles.text import one_line

#: The key of a notice's facts that names its templates where the kind alone does not.
TEMPLATE = "template"

# In the language of who reads it, which is known only when a page or mail is made.
_said_later = lazy(translate, str)
_shown: dict[str, Callable[[str], object]] = {}


def register_fact(name: str, show: Callable[[str], str]) -> None:
    """Show the fact `name` of notices as `show` returns it, in the language of who reads it."""
    _shown[name] = lazy(show, str)


def template_of(notice: Notice) -> str:
    words = words_of(notice.kind)
    folder = words.templates if words else "profiles/mail"
    return notice.facts.get(TEMPLATE) or f"{folder}/{notice.kind}"


def facts_of(notice: Notice) -> dict[str, object]:
    facts: dict[str, object] = {name: _later(load_sentence(text)) for name, text in notice.facts.items()}
    facts |= {"sentence": _later(notice.sentence), "subject": notice.subject, "at": notice.at}
    facts |= {name: show(notice.facts[name]) for name, show in _shown.items() if notice.facts.get(name)}
    return {"name": "", **facts}


def render_subject(template: str, facts: Mapping[str, object]) -> str:
    """Return the subject in the present language, without the site's name. Pages use it as a notice's headline."""
    return render_line(f"{template}_subject.txt", facts).rstrip(".")


def render_line(name: str, facts: Mapping[str, object]) -> str:
    """Return what the template `name` says, as plain text in one line."""
    return one_line(text_template(name).render(Context(dict(facts), autoescape=False)))


def text_template(name: str) -> Template:
    return Engine.get_default().get_template(name)


def _later(text: str) -> str:
    return _said_later(text) if isinstance(text, Sentence) else text
