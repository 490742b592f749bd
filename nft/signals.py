"""Signals for other apps. They are sent after the transaction has committed."""

from __future__ import annotations

from django.dispatch import Signal

# Arguments: user_id: int, action: str, label: str (the person's name for the account, perhaps ""), actor_id: int.
# Actions: "link", "unlink", and "move", which tells that the account moved from this person to another profile.
account_changed = Signal()
