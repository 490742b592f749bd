"""Trust or deny the collections of the rows of any list that shows tokens."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from nft.app_labels import NFT
from nft.claims.collection_decisions import decide_collection
from nft.models import Collection
from profiles.admin_base import MOST, ReadOnlyAdmin, with_reason
from profiles.people.signed_in import signed_in

Standing = Collection.Standing


class DecidesCollections(ReadOnlyAdmin):
    """A list whose rows have `chain_id` and `contract`. Add `trust_collection` and `deny_collection` to its actions."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{NFT}.add_collection"))

    @with_reason(_("Trust their collections"), "decide")
    def trust_collection(self, request: HttpRequest, chosen: QuerySet[Model], reason: str) -> str:
        return decide_chosen(request, chosen, Standing.TRUSTED, reason)

    @with_reason(_("Deny their collections (people read the reason)"), "decide")
    def deny_collection(self, request: HttpRequest, chosen: QuerySet[Model], reason: str) -> str:
        return decide_chosen(request, chosen, Standing.DENIED, reason)


def decide_chosen(request: HttpRequest, chosen: QuerySet[Model], standing: str, reason: str) -> str:
    """Decide once about each collection of the first MOST chosen rows. Return what was done, in a sentence."""
    now, actor = timezone.now(), signed_in(request)
    rows = chosen.values_list("chain_id", "contract")[:MOST]
    named = sorted({(chain_id, bytes(contract)) for chain_id, contract in rows})
    for chain_id, contract in named:
        decide_collection(chain_id, contract, standing, reason, actor=actor, now=now)
    said = ngettext("%(count)s collection: %(standing)s.", "%(count)s collections: %(standing)s.", len(named))
    return said % {"count": len(named), "standing": Standing(standing).label}
