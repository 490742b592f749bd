"""Store the proofs of claims' answers, and write them out as the documents that anybody can verify."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from nft.core.evm.proofs.document import get_code_hashes, join_code, sha256, split_code
from nft.core.tokens.verdict import Verdict
from nft.models import ContractCode, OwnershipProof, TokenClaim
from nft.tokens.facts import Check

_COLUMNS = ("proved_at", "verdict", "block_number", "block_hash", "rests_on", "account", "vault", "sha256", "content")


def record_proofs(answers: Sequence[tuple[TokenClaim, Check]], now: datetime) -> None:
    """Store the proof of each answer that has one, in place of the claim's earlier proof.

    An answer that is not the claim's last one, as its lease was over, is left out. That a token is not held is recorded
    without its document, which names all accounts of the person (V7).
    """
    proved = {claim.pk: check for claim, check in answers if check.proof is not None}
    if not proved:
        return
    with transaction.atomic():
        claims = TokenClaim.objects.filter(pk__in=proved).select_for_update(of=("self",), no_key=True).order_by("pk")
        held = claims.select_related("account").only("state", "checked_block_hash", "vault", "account__address")
        rows = [_build_row(claim, proved[claim.pk], now) for claim in held if _is_of(proved[claim.pk], claim)]
        _keep_code({digest: code for _, codes in rows for digest, code in codes.items()})
        OwnershipProof.objects.bulk_create(
            [row for row, _ in rows],
            update_conflicts=True,
            unique_fields=["claim"],
            update_fields=_COLUMNS,
        )


def get_published_proof(claim: TokenClaim) -> OwnershipProof | None:
    """Return the proof that the receipt of a public account names: that the claim's token is held.

    Costs a query unless `ownership_proof` was selected with the claim.
    """
    try:
        proof = claim.ownership_proof
    except OwnershipProof.DoesNotExist:
        return None
    is_of_holder = (proof.account_id, proof.vault) == (claim.account_id, claim.vault)
    return proof if claim.state == proof.verdict == OwnershipProof.OWNED and is_of_holder else None


def get_public_document(avatar_id: UUID) -> tuple[str, bytes] | None:
    """Return the SHA-256 and the document of the proof behind a picture; None if its receipt names none."""
    claim = TokenClaim.objects.filter(avatar_id=avatar_id, account__is_public=True).first()
    proof = None if claim is None else get_published_proof(claim)
    document = None if proof is None else read_document(proof)
    return None if proof is None or document is None else (proof.sha256, document)


def read_document(row: OwnershipProof) -> bytes | None:
    """Return a stored proof as a document, None if it has none, or its code is missing. Costs a query."""
    if not row.sha256:
        return None
    stored = zlib.decompress(bytes(row.content))
    codes = ContractCode.objects.filter(pk__in=get_code_hashes(stored)).values_list("content", flat=True)
    document = join_code(stored, [zlib.decompress(bytes(code)) for code in codes])
    return document if sha256(document) == row.sha256 else None


def _is_of(check: Check, claim: TokenClaim) -> bool:
    """Return whether the claim's last answer is the one that was proved."""
    if check.block is None:
        return False
    holder = None if claim.account is None else claim.account.address
    answer = (check.decision.verdict, "0x" + check.block.hash.hex(), check.holder, check.vault)
    return answer == (claim.state, claim.checked_block_hash, holder, claim.vault)


def _build_row(claim: TokenClaim, check: Check, now: datetime) -> tuple[OwnershipProof, dict[str, bytes]]:
    """Return the row, and the code of contracts that it leaves out, by its hash."""
    assert check.proof is not None  # noqa: S101  # by `record_proofs`
    is_held = check.decision.verdict is Verdict.OWNED
    stored, codes = split_code(check.proof.document) if is_held else (b"", {})
    row = OwnershipProof(
        claim_id=claim.pk,
        account_id=claim.account_id,
        vault=check.vault,
        proved_at=now,
        verdict=str(check.decision.verdict),
        block_number=check.proof.block.number,
        block_hash="0x" + check.proof.block.hash.hex(),
        rests_on=check.proof.rests_on,
        sha256=sha256(check.proof.document) if is_held else "",
        content=zlib.compress(stored) if is_held else b"",
    )
    return row, codes


def _keep_code(codes: Mapping[str, bytes]) -> None:
    missing = codes.keys() - set(ContractCode.objects.filter(pk__in=codes).values_list("pk", flat=True))
    rows = [ContractCode(hash=digest, content=zlib.compress(codes[digest])) for digest in sorted(missing)]
    ContractCode.objects.bulk_create(rows, ignore_conflicts=True)
