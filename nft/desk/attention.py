"""What waits for staff: chains, late checks and expired marks, gateways, damaged files, and what the site pays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nft.app_labels import NFT
from nft.claims.sweeping import LATE
from nft.clients.ipfs.scores import GatewayScores
from nft.minting.sponsor import budget_left
from nft.models import CachedObject, MintRequest, SponsorAccount, TokenClaim, WatchedChain
from nft.settings import conf
from nft.settings.chains import chains, describe_chain
from nft.watching.gauges import find_stalest_mark
from profiles import settings as profiles_settings
from profiles.desk.counts import bounded_count, count_newest, today
from profiles.desk.own_attention import done_today
from profiles.desk.parts import AttentionSource, Figure, Severity, Waiting

#: How long an alarm of a node stands on the start page, and a watcher may see no new block.
ALARMED, SILENT = timedelta(days=1), timedelta(minutes=10)
#: Failures of five minutes from which a gateway counts as in trouble.
FAILURES = 5


def find_chains() -> Iterator[Waiting]:
    """Yield chains whose watcher fails or is silent, and those of which a node lied, was stuck or is another's."""
    now, seen = timezone.now(), set()
    for row in WatchedChain.objects.filter(chain_id__in=chains()):
        seen.add(row.chain_id)
        url = reverse(f"admin:{NFT}_watchedchain_change", args=[row.pk])
        name = describe_chain(row.chain_id).name
        if row.alarm_at is not None and row.alarm_at > now - ALARMED:
            yield Waiting(name, None, url, Severity.ALARM, row.alarm)
        if row.last_error:
            yield Waiting(name, None, url, Severity.ALARM, row.last_error)
        elif row.head_at is None or row.head_at < now - SILENT:
            yield Waiting(name, None, url, Severity.ALARM, _("No new block was seen for over 10 minutes."))
    for chain_id in chains().keys() - seen:
        url = reverse(f"admin:{NFT}_watchedchain_changelist")
        yield Waiting(describe_chain(chain_id).name, None, url, Severity.NOTICE, _("Its watcher has not run yet."))


def find_marks() -> Iterator[Waiting]:
    """Yield marks that are off because their check is too old, and checks that are late."""
    now, url = timezone.now(), reverse(f"admin:{NFT}_tokenclaim_changelist")
    for chain_id in chains():
        name = describe_chain(chain_id).name
        oldest = find_stalest_mark(chain_id)
        if oldest is not None and now - oldest > profiles_settings.current().mark_max_age:
            minutes = int((now - oldest).total_seconds() // 60)
            said = _("The oldest check is %(minutes)s minutes old.") % {"minutes": minutes}
            link = f"{url}?late=yes&chain_id={chain_id}"
            yield Waiting(_("Marks expire on %(chain)s") % {"chain": name}, None, link, Severity.ALARM, said)
        late = 0
        for alone in (False, True):
            rows = TokenClaim.objects.filter(chain_id=chain_id, is_checked_alone=alone, due_at__lte=now - LATE)
            late += bounded_count(rows)
        label = _("checks on %(chain)s are over 10 minutes late") % {"chain": name}
        yield Waiting(label, late, f"{url}?late=yes&chain_id={chain_id}", Severity.WORK)


def find_files() -> Iterator[Waiting]:
    damaged = bounded_count(CachedObject.objects.filter(damaged_at__isnull=False))
    url = reverse(f"admin:{NFT}_cachedobject_changelist")
    yield Waiting(_("IPFS files are damaged, and no gateway has them"), damaged, f"{url}?damaged=yes", Severity.ALARM)


def find_gateways() -> Iterator[Waiting]:
    """Yield gateways that sent false data today, or fail now. They are asked last until that is over."""
    url = reverse(f"admin:{NFT}_cachedobject_changelist")
    for gateway, score in GatewayScores(caches["default"]).read(conf().ipfs_gateways).items():
        if score.false_data:
            said = _("It sent data that does not hash to its CID.")
            yield Waiting(gateway, score.false_data, url, Severity.ALARM, said)
        elif score.failures >= FAILURES:
            said = _("It failed %(count)s times in 5 minutes.") % {"count": score.failures}
            yield Waiting(gateway, None, url, Severity.NOTICE, said)


def find_sponsoring() -> Iterator[Waiting]:
    """Yield chains on which the site's account can't pay for another mint, or the day's budget is used up."""
    now = timezone.now()
    accounts = {row.chain_id: row for row in SponsorAccount.objects.filter(chain_id__in=conf().sponsor_chains)}
    url = reverse(f"admin:{NFT}_sponsoredtransaction_changelist")
    for chain_id in conf().sponsor_chains:
        chain, account = describe_chain(chain_id), accounts.get(chain_id)
        if budget_left(chain_id, now) <= 0:
            yield Waiting(chain.name, None, url, Severity.NOTICE, _("Today’s budget for mints is used up."))
        if account is None or account.balance is None or account.mint_cost is None:
            continue
        if account.balance < account.mint_cost:
            said = _("The site’s account can’t pay for another mint.")
            yield Waiting(chain.name, None, url, Severity.ALARM, said)
        elif account.balance < 10 * account.mint_cost:
            said = _("The site’s account can pay for fewer than 10 mints.")
            yield Waiting(chain.name, None, url, Severity.WORK, said)


def count_mints() -> int:
    return count_newest(MintRequest.objects.order_by("-created_at"), "created_at", today())


SOURCES = (
    AttentionSource("chains", gettext_lazy("Blockchains"), find_chains, f"{NFT}.view_watchedchain"),
    AttentionSource("marks", gettext_lazy("NFT checks"), find_marks, f"{NFT}.view_tokenclaim"),
    AttentionSource("ipfs-files", gettext_lazy("IPFS files"), find_files, f"{NFT}.view_cachedobject"),
    AttentionSource("gateways", gettext_lazy("IPFS gateways"), find_gateways, f"{NFT}.view_cachedobject"),
    AttentionSource("sponsor", gettext_lazy("Payments for mints"), find_sponsoring, f"{NFT}.view_sponsoredtransaction"),
)
FIGURES = (
    done_today("claims", gettext_lazy("NFTs asked to show"), "claim.create"),
    Figure(
        "mints",
        gettext_lazy("mints begun"),
        count_mints,
        lambda: reverse(f"admin:{NFT}_mintrequest_changelist"),
        f"{NFT}.view_mintrequest",
    ),
)
