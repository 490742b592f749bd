"""Pages of a person's linked accounts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from nft.accounts import linking
from nft.accounts.errors import LastLoginMethod, NoSuchAccount
from nft.accounts.listing import list_accounts
from nft.accounts.sessions import SESSION_KEY
from nft.forms.wallets import AccountForm
from nft.views.wallet_page import account_entry, unlinked_sentence
from profiles.people.proof import get_reauthentication, proof_required
from profiles.people.signed_in import signed_in
from profiles.sentences import gettext as _


@require_safe
@login_required
def wallets(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    linked = list_accounts(user)
    can_unlink = linking.can_unlink(user, linked)
    accounts = [account_entry(account, can_unlink=can_unlink) for account in linked]
    return render(request, "nft/wallets.html", {"accounts": accounts} | _proof(request))


@require_safe
@login_required
def wallet_move(request: HttpRequest) -> HttpResponse:
    """Explain what moving an account from another profile does, and ask for the signature."""
    return render(request, "nft/move.html", _proof(request))


@require_POST
@login_required
def wallet_update(request: HttpRequest, account_id: UUID) -> HttpResponse:
    form = AccountForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["label"])))
        return redirect("nft:wallets")
    try:
        linking.update_account(signed_in(request), account_id, **form.cleaned_data)
    except NoSuchAccount as refusal:
        raise Http404(refusal.sentence) from refusal
    messages.success(request, _("Saved."))
    return redirect("nft:wallets")


@require_POST
@login_required
def wallet_primary(request: HttpRequest, account_id: UUID) -> HttpResponse:
    try:
        account = linking.make_primary(signed_in(request), account_id)
    except NoSuchAccount as refusal:
        raise Http404(refusal.sentence) from refusal
    if account.label:
        said = _("%(label)s is your primary account now.", label=account.label)
    else:
        said = _("This account is your primary account now.")
    messages.success(request, said)
    return redirect("nft:wallets")


@require_POST
@login_required
@proof_required
def wallet_unlink(request: HttpRequest, account_id: UUID) -> HttpResponse:
    try:
        kept_session = request.session.get(SESSION_KEY)
        withdrawn = linking.unlink_account(signed_in(request), account_id, timezone.now(), kept_session)
    except NoSuchAccount as refusal:
        raise Http404(refusal.sentence) from refusal
    except LastLoginMethod as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, unlinked_sentence(withdrawn))
    return redirect("nft:wallets")


def _proof(request: HttpRequest) -> dict[str, str]:
    """Return where to prove oneself before linking or moving an account; empty if that was done recently."""
    return {"proof_url": get_reauthentication().proof_url(request)}
