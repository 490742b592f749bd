"""Filters of admin lists. They list their values without reading the table, as Django's own would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from nft.core.evm.token import TokenStandard
from nft.settings.chains import chains

if TYPE_CHECKING:  # generic in the stubs only
    from django.db.models import Model

    Rows = QuerySet[Model]
else:
    Rows = QuerySet


class ColumnFilter(admin.SimpleListFilter):
    """Rows by a column whose values are known. `parameter_name` is the column."""

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset if self.value() is None else queryset.filter(**{str(self.parameter_name): self.value()})


class ByChain(ColumnFilter):
    title = gettext_lazy("chain")
    parameter_name = "chain_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(chain.id), chain.name) for chain in chains().values()]


class ByStandard(ColumnFilter):
    title = parameter_name = "standard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(standard.value, standard.value) for standard in TokenStandard]


class ByProof(ColumnFilter):
    """Of ClaimPicture. `PROOFS` as nft.models.claims.PictureFacts has them."""

    title = parameter_name = "proof"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(proof, proof) for proof in ("cid", "inline", "mutable")]
