"""What pages say about pictures that are tokens, in each of their states, and about the proof behind them."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.models import Avatar
from profiles.page_parts import Action, Fact, Pill
from profiles.source_words import Facts, LossWords, PictureNote, SourceWords, Verdict
from profiles.templatetags.avatars import moment

IMAGE_PROOFS = {
    "cid": gettext_lazy("Proved: every byte matches the fingerprint (CID) that the token names."),
    "inline": gettext_lazy("Proved: the image is written in the token itself."),
}
UNPROVED_IMAGE = gettext_lazy("Read from a web address, which its owner may change. We show the bytes we saw.")


def provenance_facts(facts: Facts) -> tuple[Fact, ...]:
    """Return what was read of the token, where, and when."""
    collection = facts.get("collection") or _("unnamed collection")
    token = ", ".join([facts.get("token_name") or _("Unnamed"), collection])
    chain = format_html(
        '{} <span class="soft">({} {})</span>', facts.get("chain_name", ""), _("chain id"), facts.get("chain_id", "")
    )
    at_block = _(", at block %(number)s") % {"number": facts.get("block_number", "")}
    return (
        Fact(_("Token"), token),
        Fact(_("Token id"), code(facts.get("token_id", ""))),
        Fact(_("Chain"), chain),
        Fact(_("Contract"), copied=str(facts.get("contract", "")), what=_("contract address")),
        *_holder_facts(facts),
        Fact(_("Checked"), at=moment(facts.get("checked_at")), end=at_block),
        Fact(_("Block"), code(facts.get("block_hash", ""))),
        Fact(_("Image"), str(IMAGE_PROOFS.get(str(facts.get("proof")), UNPROVED_IMAGE))),
        *_file_facts(facts),
    )


def code(value: object) -> str:
    return format_html("<code>{}</code>", value)


def _holder_facts(facts: Facts) -> list[Fact]:
    """Return who holds the token, so far as the person shows it."""
    found = []
    if facts.get("by_delegation"):
        if facts.get("account"):
            text = _("By delegation: a vault holds the token and lets the account below act for it (delegate.xyz).")
        else:
            text = _("By delegation: a vault holds the token and lets this person’s account act for it (delegate.xyz).")
        found.append(Fact(_("Held"), text))
    if vault := facts.get("vault"):
        found.append(Fact(_("Vault"), copied=vault, what=_("vault’s address")))
    if account := facts.get("account"):
        name = facts.get("account_name")
        text = format_html("<strong>{}</strong>", name) if name else ""
        term = _("Delegated to") if facts.get("by_delegation") else _("Held by")
        found.append(Fact(term, text, copied=account, what=_("account’s address")))
    return found


def _file_facts(facts: Facts) -> list[Fact]:
    found = []
    if cid := facts.get("image_cid"):
        found.append(Fact("CID", copied=cid, what="CID"))
    if sha256 := facts.get("sha256"):
        found.append(Fact(_("Original (SHA-256)"), code(sha256)))
    if url := facts.get("explorer_url"):
        found.append(Fact(_("Look for yourself"), links=(Action(_("In a public explorer"), url, is_external=True),)))
    return found


def is_delegated(avatar: Avatar) -> bool:
    """Return whether somebody else holds the token and lets this person act for them."""
    return (avatar.provenance or {}).get("by_delegation") is True


class TokenWords(SourceWords):
    def verified(self, avatar: Avatar, mark: str) -> PictureNote:
        if is_delegated(avatar):
            label, text = (
                _("Verified NFT, by delegation"),
                _(
                    "The hexagon tells others: {mark}. It goes as soon as the token moves or the vault takes its "
                    'delegation back; <a href="{url}">what others see then</a> is your choice.'
                ),
            )
        else:
            label, text = (
                _("Verified NFT"),
                _(
                    "The hexagon tells others: {mark}. It goes as soon as the token moves; "
                    '<a href="{url}">what others see then</a> is your choice.'
                ),
            )
        return PictureNote(Pill(label, "good"), format_html(text, mark=mark, url=reverse("profiles:loss")))

    def doubted(self, avatar: Avatar) -> PictureNote:
        if is_delegated(avatar):
            text = _(
                "The chain’s newest blocks show that this NFT was sent on or is no longer delegated to you, so the "
                "hexagon is off. Once that is final, your picture before it comes back; if the chain takes it back, "
                "the hexagon does."
            )
            return PictureNote(Pill(_("May have ended"), "wait"), text)
        text = _(
            "The chain’s newest blocks show that this NFT was sent on, so the hexagon is off. Once that is final, your "
            "picture before it comes back; if the chain takes it back, the hexagon does."
        )
        return PictureNote(Pill(_("A transfer is on its way"), "wait"), text)

    def unchecked(self, avatar: Avatar) -> PictureNote:
        text = _(
            "This is an NFT picture, but we could not reach its chain for a while. The hexagon returns with the next "
            "check."
        )
        return PictureNote(Pill(_("Not checked lately"), "wait"), text)

    def kept(self, avatar: Avatar, *, for_good: bool) -> PictureNote:
        if for_good:
            text = _(
                'It is still shown, without the hexagon, as you wish <a href="{url}">for when an NFT leaves you</a>.'
            )
        else:
            text = _(
                "It is still shown for a while, without the hexagon, as you wish "
                '<a href="{url}">for when an NFT leaves you</a>.'
            )
        shown = format_html("{} {}", avatar.reason, format_html(text, url=reverse("profiles:loss")))
        return PictureNote(Pill(_("No longer yours"), "wait"), shown)

    def loss(self) -> LossWords:
        lead = _("Sold, sent or burned: its mark goes at once. You choose which picture people see then.")
        note = _(
            "Unlinking the wallet, or taking a token off your list, is your own doing: then your picture before it "
            'comes back in any case. Whether we write to you then is your choice <a href="{url}">among your '
            "notices</a>."
        )
        return LossWords(_("When you sell an NFT"), lead, format_html(note, url=reverse("profiles:notice_settings")))

    def summary(self, name: str, site: str) -> str:
        return _("%(name)s has a verified NFT picture on %(site)s.") % {"name": name, "site": site}

    def in_short(self, name: str, facts: Facts) -> str:
        token = facts.get("token_name") or _("this NFT")
        words = {"name": name, "token": token, "chain": facts.get("chain_name", "")}
        if facts.get("by_delegation"):
            return _("A vault holds %(token)s for %(name)s. Checked on %(chain)s.") % words
        return _("%(name)s owns %(token)s. Checked on %(chain)s.") % words

    def how_we_know(self, name: str, facts: Facts) -> str:
        words = {"chain": facts.get("chain_name", ""), "name": name}
        if facts.get("by_delegation"):
            text = _(
                "We asked %(chain)s who holds this NFT, and it named a vault. The vault lets an account act for it "
                "that %(name)s proved to be theirs. We ask again all the time; once the answer changes, the hexagon "
                "goes."
            )
        else:
            text = _(
                "We asked %(chain)s who holds this NFT, and it named an account that %(name)s proved to be theirs. We "
                "ask again all the time; once the answer changes, the hexagon goes."
            )
        return text % words

    def facts(self, facts: Facts) -> tuple[Fact, ...]:
        return provenance_facts(facts)

    def verdict(self, facts: Facts, *, is_marked: bool) -> Verdict:
        words = {"chain": facts.get("chain_name", "")}
        if not is_marked:
            text = " ".join([_doubt(facts), _("The picture has no mark.")])
            return Verdict(_("Not vouched for at the moment"), text)
        if facts.get("by_delegation"):
            text = _("%(chain)s named a vault that lets an account of theirs act for it as the holder of this token.")
        else:
            text = _("%(chain)s named an account of theirs as the holder of this token.")
        return Verdict(_("Held at block %(number)s") % {"number": facts.get("block_number", "")}, text % words)


def _doubt(facts: Facts) -> str:
    if facts.get("verdict") == "not_owned":
        return _("The chain no longer says that this token is held by an account of theirs.")
    return _("The last answer of %(chain)s is too old, or in doubt.") % {"chain": facts.get("chain_name", "")}
