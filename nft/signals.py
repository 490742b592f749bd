"""What others may listen to. Sent after the transaction that made it true."""

from __future__ import annotations

from django.dispatch import Signal

#: Arguments: user_id: int, action: str, label: str (what the person called the account, perhaps ""), actor_id: int.
#: Actions: "link", "unlink", and "move": the account left this person for another profile.
account_changed = Signal()
