"""What a receipt must say, by its kind: each member, its form, and that it fits together."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from verify_readings import STRENGTH
from verify_words import CLOCKS_DIFFER, Json, Open, Wrong, is_hex, q, seconds_of

MOST_SIZES = 64


class Rule(NamedTuple):
    """What a member must be, and how that is called."""

    fits: Callable[[Any], bool]
    name: str


def is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and seconds_of(value) > 0
    except (ValueError, OverflowError):
        return False


def matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_number(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


TEXT = Rule(lambda value: isinstance(value, str) and len(value) <= 2100, "a text")
SOME_TEXT = Rule(lambda value: TEXT.fits(value) and value != "", "a text that is not empty")
LINK = Rule(matches(r"https?://[!-~]{1,2000}"), "a web address")
ANY_LINK = Rule(lambda value: value == "" or LINK.fits(value), "a web address or empty")
FLAG = Rule(lambda value: isinstance(value, bool), "true or false")
FALSE = Rule(lambda value: value is False, "false")
NOTHING = Rule(lambda value: value is None, "null")
EMPTY = Rule(lambda value: value == "", "empty")
COUNT = Rule(lambda value: is_number(value, 1), "a number above 0")
BLOCK_NUMBER = Rule(lambda value: is_number(value, 0), "a block's number")
SHA256 = Rule(matches("[0-9a-f]{64}"), "a SHA-256")
BLOCK_HASH = Rule(lambda value: is_hex(value, 32), "a block's hash")
ADDRESS_TEXT = Rule(lambda value: is_hex(value, 20) and int(value, 16) > 0, "an address")
ANY_ADDRESS = Rule(lambda value: value == "" or ADDRESS_TEXT.fits(value), "an address or empty")
TIME = Rule(lambda value: is_time(value) and seconds_of(value) < time.time() + CLOCKS_DIFFER, "a time that was")
END = Rule(is_time, "a time")
TOKEN_ID = Rule(lambda value: matches("0|[1-9][0-9]{0,77}")(value) and int(value) < 2**256, "a token's id")
LIST = Rule(lambda value: isinstance(value, list) and 0 < len(value) <= MOST_SIZES, f"a list of 1 to {MOST_SIZES}")
NO_LIST = Rule(lambda value: value == [], "an empty list")
OBJECT = Rule(lambda value: isinstance(value, dict), "an object")
IMAGE_TYPE = Rule(matches(r"image/[a-z0-9.+-]{1,20}"), "the type of a picture")


def one_of(*values: object) -> Rule:
    return Rule(lambda value: isinstance(value, str) and value in values, f"one of {', '.join(map(str, values))}")


def perhaps(rule: Rule) -> Rule:
    return Rule(lambda value: value is None or rule.fits(value), f"{rule.name} or null")


Rules = Mapping[str, Rule]
# Whatever it shows. What stands here alone is the site's word: nothing outside of it can prove it.
EVERY: Rules = {
    "version": Rule(lambda value: is_number(value, 1) and value == 1, "1"),
    "issuer": perhaps(LINK),
    "handle": Rule(matches("[a-z0-9_-]{1,30}"), "a handle"),
    "name": SOME_TEXT,
    "profile": SOME_TEXT,
    "url": SOME_TEXT,
    "alt": TEXT,
    "mark": FLAG,
    "source": perhaps(Rule(matches("[a-z0-9_]{1,16}"), "the name of a source")),
    "signature": perhaps(OBJECT),
}
SIGNATURE: Rules = {"form": SOME_TEXT, "keys": LINK, "protected": SOME_TEXT, "signature": SOME_TEXT}
NO_PICTURE: Rules = {
    **dict.fromkeys(("provenance", "sha256", "type", "width", "height", "frames", "mark_until"), NOTHING),
    "sizes": NO_LIST,
    "mark": FALSE,
}
PICTURE: Rules = {
    "sha256": SHA256,
    "type": IMAGE_TYPE,
    "width": COUNT,
    "height": COUNT,
    "frames": COUNT,
    "sizes": LIST,
}
UPLOAD: Rules = {**PICTURE, "provenance": NOTHING, "mark": FALSE, "mark_until": NOTHING}
MARKED: Rules = {"mark_until": END}
UNMARKED: Rules = {"mark_until": NOTHING}
SIZE: Rules = {
    "size": COUNT,
    "type": one_of("image/webp", "image/png", "image/jpeg", "image/avif"),
    "animated": FLAG,
    "bytes": COUNT,
    "sha256": SHA256,
    "url": LINK,
}
# A token that its person took off the list: what is left of it.
FORMER_TOKEN: Rules = {
    "asset_id": SOME_TEXT,
    "by_delegation": FLAG,
    "account": EMPTY,
    "account_name": EMPTY,
    "vault": EMPTY,
    "verdict": one_of("unknown"),
}
TOKEN: Rules = {
    "asset_id": SOME_TEXT,
    "chain_id": COUNT,
    "chain_name": SOME_TEXT,
    "contract": ADDRESS_TEXT,
    "collection": TEXT,
    "token_id": TOKEN_ID,
    "standard": one_of("erc721", "erc1155", ""),
    "token_name": TEXT,
    "token_uri": TEXT,
    "image_uri": TEXT,
    "image_cid": TEXT,
    "proof": TEXT,
    "sha256": TEXT,
    "explorer_url": ANY_LINK,
    "by_delegation": FLAG,
    "block_number": perhaps(BLOCK_NUMBER),
    "block_hash": TEXT,
    "checked_at": TEXT,
    "verdict": one_of("owned", "not_owned", "unknown"),
    "account": ANY_ADDRESS,
    "account_name": TEXT,
    "vault": ANY_ADDRESS,
}
# What must not be empty where it says that the token is held.
OWNED: Rules = {
    "standard": one_of("erc721", "erc1155"),
    "token_uri": SOME_TEXT,
    "image_uri": SOME_TEXT,
    "proof": one_of(*STRENGTH),
    "sha256": SHA256,
    "block_number": BLOCK_NUMBER,
    "block_hash": BLOCK_HASH,
    "checked_at": TIME,
}
NAMED_PROOF: Rules = {
    "block_hash": BLOCK_HASH,
    "block_number": BLOCK_NUMBER,
    "rests_on": one_of("several_nodes", "light_client", "one_node"),
    "sha256": SHA256,
}
IS_PROOF = Rule(
    lambda value: (
        isinstance(value, dict)
        and value.keys() == NAMED_PROOF.keys()
        and all(rule.fits(value[name]) for name, rule in NAMED_PROOF.items())
    ),
    f"an object with {', '.join(NAMED_PROOF)}",
)
OPTIONAL: Rules = {
    "metadata_changed_at": TIME,
    "resolver": OBJECT,
    "delegate_registry": ADDRESS_TEXT,
    "ownership_proof": IS_PROOF,
}


class Kind(NamedTuple):
    """The rules for a receipt and for its provenance (None: it must have none that is checked), and its name."""

    name: str
    top: Rules
    token: Rules | None = None
    optional: Rules = {}


def kind_of(receipt: Json) -> Kind:
    """Return what the receipt must say, by what it shows. Later rules are stricter than earlier ones."""
    source, facts = receipt.get("source"), receipt.get("provenance")
    marked = MARKED if receipt.get("mark") else UNMARKED
    if source is None:
        return Kind("of a person without a picture", {**EVERY, **NO_PICTURE})
    if source == "upload":
        return Kind("of an upload", {**EVERY, **UPLOAD})
    if source != "nft":
        return Kind(f"of the source {q(source)}", {**EVERY, **PICTURE, **marked, "provenance": perhaps(OBJECT)})
    top = {**EVERY, **PICTURE, **marked, "provenance": OBJECT}
    if isinstance(facts, dict) and facts.get("verdict") == "unknown" and "contract" not in facts:
        return Kind("of a token that its person took off the list", {**top, "mark": FALSE}, FORMER_TOKEN)
    if not isinstance(facts, dict) or facts.get("verdict") != "owned":
        return Kind("of a token whose holder is open", {**top, "mark": FALSE}, TOKEN, OPTIONAL)
    needed: dict[str, Rule] = {**TOKEN, **OWNED}
    optional = dict(OPTIONAL)
    if facts.get("by_delegation"):
        needed["delegate_registry"] = optional.pop("delegate_registry")
        needed["vault"] = ADDRESS_TEXT if facts.get("account") else EMPTY
    else:
        needed["vault"] = EMPTY
        del optional["delegate_registry"]
    if not facts.get("account"):
        needed["account_name"] = EMPTY
    delegated = " by delegation" if facts.get("by_delegation") else ""
    mark = "with a mark" if receipt.get("mark") else "without a mark"
    return Kind(f"of a token, held{delegated}, {mark}", top, needed, optional)


def misfits(value: Json, rules: Rules, optional: Rules, where: str) -> Iterator[str]:
    for name, rule in rules.items():
        if name not in value:
            yield f"{where}{name} is missing"
        elif not rule.fits(value[name]):
            yield f"{where}{name} is not {rule.name}"
    for name in optional.keys() & value.keys():
        if not optional[name].fits(value[name]):
            yield f"{where}{name} is not {optional[name].name}"


def check_form(receipt: Json) -> str:
    """Check that all is there that a receipt of its kind must say, in the right form, and that it fits together."""
    kind = kind_of(receipt)
    found = [*misfits(receipt, kind.top, {}, "")]
    if isinstance(receipt.get("signature"), dict):
        found += misfits(receipt["signature"], SIGNATURE, {}, "signature.")
        found += [
            f"signature.{q(name)} does not belong there" for name in receipt["signature"].keys() - SIGNATURE.keys()
        ]
        found += ["it is signed and says why it is not"] if "unsigned" in receipt else []
    elif not SOME_TEXT.fits(receipt.get("unsigned")):
        found.append("unsigned is missing: why it is not signed")
    sizes = receipt["sizes"] if LIST.fits(receipt.get("sizes")) else []
    for place, size in enumerate(sizes):
        found += (
            misfits(size, SIZE, {}, f"sizes[{place}].") if isinstance(size, dict) else [f"sizes[{place}] is no object"]
        )
    if kind.token is not None and isinstance(receipt.get("provenance"), dict):
        found += misfits(receipt["provenance"], kind.token, kind.optional, "provenance.")
    found = found or [*contradictions(receipt, kind)]
    if found:
        more = f" (and {len(found) - 8} more)" if len(found) > 8 else ""
        raise Wrong(f"It does not say what a receipt {kind.name} must say: {'; '.join(found[:8])}{more}.")
    return f"it says all that a receipt {kind.name} must say"


def contradictions(receipt: Json, kind: Kind) -> Iterator[str]:
    issuer, handle = receipt["issuer"] or "", receipt["handle"]
    for name, end in (("profile", f"/u/{handle}/"), ("url", f"/avatar/{handle}")):
        if not receipt[name].startswith(f"{issuer}/") or not receipt[name].endswith(end):
            yield f"{name} is not at its issuer, or of another person"
    sizes = receipt["sizes"]
    if len({(size["size"], size["type"], size["animated"]) for size in sizes}) < len(sizes):
        yield "a size stands twice in it"
    if sizes and max(size["size"] for size in sizes) > min(receipt["width"], receipt["height"]):
        yield "a size is larger than the picture"
    if any(size["animated"] for size in sizes) and receipt["frames"] < 2:
        yield "a size is animated, but the picture is not"
    if kind.token is not None and kind.token is not FORMER_TOKEN:
        yield from contradictions_of_token(receipt["provenance"])
    if (
        receipt["mark"]
        and kind.token is not None
        and not (seconds_of(receipt["provenance"]["checked_at"]) <= seconds_of(receipt["mark_until"]))
    ):
        yield "the mark ended before the token was checked"


def contradictions_of_token(facts: Json) -> Iterator[str]:
    standard = facts["standard"] or "erc721"
    if facts["asset_id"] != f"eip155:{facts['chain_id']}/{standard}:{facts['contract']}/{facts['token_id']}":
        yield "provenance.asset_id is of another token"
    if facts["explorer_url"] and not facts["explorer_url"].endswith(f"/nft/{facts['contract']}/{facts['token_id']}"):
        yield "provenance.explorer_url is of another token"
    on_ipfs = facts["image_uri"].startswith("ipfs://")
    if facts["image_cid"] != (facts["image_uri"][7:].partition("/")[0] if on_ipfs else ""):
        yield "provenance.image_cid is not that of image_uri"


def check_unknown(receipt: Json) -> str:
    """Raise `Open` for members that this script does not know: whatever they claim, nobody looked."""
    kind = kind_of(receipt)
    unknown = receipt.keys() - kind.top.keys() - {"unsigned"}
    facts = receipt["provenance"] or {}
    if kind.token is not None:
        unknown |= {f"provenance.{name}" for name in facts.keys() - kind.token.keys() - kind.optional.keys()}
    elif facts:
        unknown.add("provenance")
    unknown |= {f"sizes[].{name}" for size in receipt["sizes"] for name in size.keys() - SIZE.keys()}
    if unknown:
        raise Open(f"It says more than this script can check: {q(', '.join(sorted(unknown)), 300)}.")
    return "it says nothing that this script does not know"
