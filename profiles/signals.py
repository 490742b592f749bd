"""What other apps may receive."""

from __future__ import annotations

from django.dispatch import Signal

# Sent once for each change of a person's picture, after its transaction was committed. Arguments: profile_id: int,
# avatar_id: UUID | None (the picture now in use), version: int, action: str (of the audit entry, as "avatar.set").
avatar_changed = Signal()
# Sent in the transaction of the change: a receiver that raises profiles.people.handles.HandleError undoes it.
# Arguments: profile: Profile (as stored), former: str (the handle that was left).
handle_changed = Signal()

# Sent to have a person told by mail. `export_ready`: user, expires_at: datetime. `deletion_asked`: user,
# due_at: datetime. `account_deleted`: name: str, addresses: list[str] and language: str of a person of whom nothing
# is left.
export_ready = Signal()
deletion_asked = Signal()
account_deleted = Signal()
