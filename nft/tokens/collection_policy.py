"""Which collections this site shows, by its settings and by staff's decisions."""

from __future__ import annotations

from nft.core.tokens.spam import SpamSign, find_spam_sign
from nft.models import Collection
from nft.settings import conf
from nft.settings.chains import describe_chain
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

Standing = Collection.Standing
ANY, TRUSTED = "any", "trusted"
NOT_CHOSEN = gettext_noop("This site shows pictures of chosen collections only, and this is none of them.")


def get_refusal(chain_id: int, contract: bytes) -> str:
    """Return why pictures of this collection are not shown, in a sentence; empty if they are."""
    row = Collection.objects.filter(chain_id=chain_id, contract=contract).first()
    return decide_refusal(row, chain_id, contract)


def decide_refusal(row: Collection | None, chain_id: int, contract: bytes) -> str:
    """Like `refusal_of`, for a collection whose row, if it has one, is already read."""
    standing = row.standing if row is not None else Standing.NONE
    if row is not None and standing == Standing.DENIED:
        return _("This site does not show pictures of this collection: %(reason)s", reason=row.reason)
    if conf().collection_policy == TRUSTED and standing != Standing.TRUSTED:
        return "" if contract in describe_chain(chain_id).contracts else _(NOT_CHOSEN)
    return ""


def get_spam_sign(row: Collection | None, said: str, name: str, collection: str) -> str:
    """Return why a token looks like spam, or "". Staff's decision about its collection overrides the signs.

    said: the sign that was found before.
    """
    if row is not None and row.standing == Standing.DENIED:
        return str(SpamSign.DENIED)
    if row is not None and row.standing == Standing.TRUSTED:
        return ""
    return said or str(find_spam_sign(name, collection) or "")
