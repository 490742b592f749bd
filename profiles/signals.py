"""What others may listen to. Sent after the transaction that made it true."""

from __future__ import annotations

from django.dispatch import Signal

#: Arguments: profile_id: int, avatar_id: UUID | None (the picture now in use), version: int, action: str
#: (the audit word, as "avatar.set"). Sent once for each change of what a person's picture is.
avatar_changed = Signal()
