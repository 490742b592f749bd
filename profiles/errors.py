"""Expected errors: one family for everything a person, a program or a job is told when something can't be done.

An error carries a sentence for people and a `Kind` for programs. Subclass `ExpectedError` only where code catches the
subclass; give the other reasons a `Kind` of their own. `profiles.problems` turns any of them into an RFC 9457 problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from profiles.sentences import Sentence, gettext, gettext_noop, to_english, translate
from profiles.text import one_line


@dataclass(frozen=True)
class Kind:
    """A stable reason: `slug` ends the problem's `type`, `title` is its short name, `status` the HTTP status.

    The title is in English and marked by `gettext_noop`. `permanent` is False where the same request may succeed later.
    """

    slug: str
    title: str
    status: int = 400
    permanent: bool = True


class ExpectedError(Exception):
    """A refusal or an outage that the caller must expect. Its message is a full sentence for a person."""

    kind: ClassVar[Kind] = Kind("refused", gettext_noop("This can't be done"))

    def __init__(
        self, sentence: str, kind: Kind | None = None, *, permanent: bool | None = None, retry_after: int | None = None
    ) -> None:
        """`kind` and `permanent` replace those of the class; `retry_after` is in seconds.

        The sentence is made by `profiles.sentences.gettext`. It may quote strangers, and is stored, logged and shown:
        it becomes one clean line.
        """
        if not isinstance(sentence, Sentence) and not (sentence.isascii() and sentence.isprintable()):
            sentence = one_line(sentence)
        super().__init__(to_english(sentence))
        self._sentence = sentence
        self._kind = kind or type(self).kind
        self.permanent = self._kind.permanent if permanent is None else permanent
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        """The sentence in the reader's language; the error's own text, which logs have, is English."""
        return translate(self._sentence)

    @property
    def slug(self) -> str:
        return self._kind.slug

    @property
    def title(self) -> str:
        return gettext(self._kind.title)

    @property
    def status(self) -> int:
        return self._kind.status

    def __reduce__(self) -> tuple[object, ...]:
        """Let any subclass be pickled, as Celery does with what a job raises, whatever its arguments are."""
        return _revive, (type(self), self.args), self.__dict__

    def is_a(self, kind: Kind) -> bool:
        """Return whether the error was raised with this kind."""
        return self._kind == kind


def _revive(kind: type[ExpectedError], args: tuple[object, ...]) -> ExpectedError:
    return kind.__new__(kind, *args)
