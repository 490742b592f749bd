"""Two JSON calls: get a text to sign, and post the signature to sign in, link or move an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from nft.accounts import sessions, sign_in
from nft.accounts.challenges import issue_challenge
from nft.accounts.errors import PROOF_REQUIRED, AccountError
from nft.accounts.lifetimes import LIFETIME
from nft.accounts.linking import find_twin
from nft.accounts.sign_in import Outcome, Reply
from nft.clients.evm.chain import get_chain
from nft.forms.wallets import read_wanted
from nft.models import LinkedAccount, SignInChallenge
from nft.settings import conf
from nft.settings.chains import describe_chain
from nft.views.json_calls import json_post, text_of, visitor_of
from profiles.errors import ExpectedError
from profiles.people.proof import get_reauthentication
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

Purpose = SignInChallenge.Purpose
NEXT = "wallet_next"
MAX_NEXT = 500
# Bytes: room for a text and a signature of the largest size, however the JSON writes them.
MAX_VERIFY_BODY = 40 * 1024
LINKED = gettext_noop("The wallet is linked.")
MOVED = gettext_noop(
    "The wallet is yours here now. The profile it was linked to lost it, with the pictures of its tokens."
)
TWIN = gettext_noop(
    "%(address)s is also an account of another profile here: %(how)s. The two are separate, since different people may "
    "be able to sign for them. Are both yours? Then bring them together: choose “Move a wallet here” under Wallets, "
    "and sign as you do for the other one."
)
BY_KEY = gettext_noop("there it signs with its own key, here with what its contract accepts, such as a passkey")
BY_CODE = gettext_noop("there it signs with what its contract accepts, such as a passkey, here with its own key")
ELSEWHERE = gettext_noop("there it is a contract on %(chain)s, here it is another one on %(own)s")
LEFT_BEHIND = gettext_noop(
    "The wallet is yours here now. The profile it was linked to has no other way to sign in: it stays as it is, "
    "without the pictures of its tokens. To get back to it, unlink the wallet here and sign in with it."
)


@json_post()
def challenge(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
    """Answer {address, chain_id, purpose, next?, may_have_code?} with {text, expires_at, seconds, waits}.

    `next` is where to go afterwards. `waits`: the account has code, and its owners have long to sign.
    """
    wanted, go_on = read_wanted(content), _read_next(content)
    if wanted.purpose in {Purpose.LINK, Purpose.MOVE} and get_reauthentication().proof_url(request):
        sentence = _("You signed in a while ago. Load this page again and prove that it is still you, then go on.")
        raise AccountError(sentence, PROOF_REQUIRED)
    if wanted.purpose == Purpose.REAUTHENTICATE:
        with translation.override("en"):  # the text to sign is English
            wanted = replace(wanted, step=get_reauthentication().describe_step(go_on))
    issued = issue_challenge(visitor_of(request), wanted, timezone.now(), get_chain)
    if wanted.purpose in {Purpose.SIGN_IN, Purpose.REAUTHENTICATE}:
        request.session[NEXT] = go_on
    lifetime = issued.expires_at - issued.issued_at
    return JsonResponse(
        {
            "text": issued.text,
            "expires_at": issued.expires_at.isoformat(),
            "seconds": int(lifetime.total_seconds()),
            "waits": lifetime > LIFETIME,
        }
    )


@json_post(max_body=MAX_VERIFY_BODY)
def verify(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
    """Answer {text, signature} with {redirect}."""
    reply, now = Reply(text_of(content, "text"), text_of(content, "signature")), timezone.now()
    try:
        outcome = sign_in.finish(visitor_of(request), reply, get_chain, now)
    except ExpectedError as refusal:
        sign_in.count_refusal(refusal, now)
        raise
    go_on = {Purpose.SIGN_IN: _log_in, Purpose.REAUTHENTICATE: _accept}.get(outcome.purpose, _linked)
    return JsonResponse({"redirect": go_on(request, outcome, reply)})


def _linked(request: HttpRequest, outcome: Outcome, reply: Reply) -> str:
    del reply
    _rotate(request)
    if outcome.leaves_behind:
        messages.warning(request, _(LEFT_BEHIND))
    else:
        messages.success(request, _(LINKED if outcome.purpose == Purpose.LINK else MOVED))
    _tell_of_twin(request, outcome.account)
    return reverse("nft:wallets")


def _accept(request: HttpRequest, outcome: Outcome, reply: Reply) -> str:
    sessions.renew_signature(request.session, outcome.account, reply.text, reply.signature, timezone.now())
    _rotate(request)
    return get_reauthentication().record_proof(request, outcome.user, "wallet", str(request.session.pop(NEXT, "")))


def _log_in(request: HttpRequest, outcome: Outcome, reply: Reply) -> str:
    """Log in by the site's own function (NFT_LOGIN), which may ask for a second factor."""
    wanted = str(request.session.pop(NEXT, ""))
    if request.user.is_authenticated and request.user.pk != outcome.user.pk:
        logout(request)  # nothing of the former person's session may reach the next one
    sessions.remember_proof(request.session, outcome.account, reply.text, reply.signature)
    log_in = import_string(conf().login)
    target = str(log_in(request, outcome.user, _welcome(wanted) if outcome.is_new else wanted))
    if outcome.is_new:
        _tell_of_twin(request, outcome.account)
    return target


def _tell_of_twin(request: HttpRequest, account: LinkedAccount) -> None:
    """Tell the person if the same address is an account of another profile, and how to bring the two together."""
    twin = find_twin(account)
    if twin is None:
        return
    if twin.is_contract_account and account.is_contract_account:
        names = {"chain": describe_chain(twin.chain_id).name, "own": describe_chain(account.chain_id).name}
        how = _(ELSEWHERE, **names)
    else:
        how = _(BY_CODE if twin.is_contract_account else BY_KEY)
    messages.warning(request, _(TWIN, address=account.address_text, how=how))


def _welcome(wanted: str) -> str:
    """Return the page on which a new user chooses a handle first. Who comes with a wallet goes on to its NFTs."""
    return f"{reverse('profiles:welcome')}?{urlencode({'next': wanted or reverse('nft:tokens')})}"


def _rotate(request: HttpRequest) -> None:
    # The session may do more from here on: whoever had its old keys must not have the new ones.
    request.session.cycle_key()
    rotate_token(request)


def _read_next(content: dict[str, Any]) -> str:
    """Return where to go afterwards. The site checks the host when it is used."""
    wanted = content.get("next")
    return wanted if isinstance(wanted, str) and len(wanted) <= MAX_NEXT else ""
