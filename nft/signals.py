"""Signals for other apps."""

from __future__ import annotations

from django.dispatch import Signal

# Sent within the transaction, for what must be written with it; a receiver that raises undoes the change.
# Arguments: user: User, and action, label and actor_id as below.
account_changing = Signal()

# Sent after the commit. Arguments:
# user_id: int, action: str, label: str (the person's name for the account, perhaps ""), actor_id: int.
# Actions: "link", "unlink", and "move", which tells that the account moved from this person to another profile.
account_changed = Signal()
