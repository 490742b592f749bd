#!/usr/bin/env python3
"""Check a picture's receipt without trusting the site that issued it.

    python3 verify_receipt.py https://SITE/avatar/NAME.json --rpc https://NODE --gateway https://GATEWAY
    python3 verify_receipt.py KEPT.json --site https://SITE --rpc https://NODE --gateway https://GATEWAY

Needs only Python 3.9 or newer and, for files from IPFS, verify_car.py in the same folder.

It checks separately: Does the receipt say all that one of its kind must say? Is it signed by the key that its issuer
publishes? Is the block that it names part of the chain, and did the account hold the token at that block? Does the
proof of ownership lead from the hash of a block to that answer? Does the mark rest on that block? Does the token name
this metadata, and the metadata this picture, and do their bytes match the CIDs? Does the site serve the pictures that
the receipt names?

It opens what you name: the receipt, its site, and what --rpc, --ens-rpc, --gateway, --keys, --proof and --allow name.
Whatever else a receipt or a redirect names is not opened, and no file that they name is ever read. With the Python
package ethereum-execution it computes the owner from the proof, without a node.

Every line begins with "proved", "NOT PROVED", "not checked", "not claimed" or "stated" (the site's word, which nothing
can prove), the last with "Result". Quoted texts are other people's: in plain ASCII, without line ends, and cut.

Exit status: 0 all that it claims is proved; 1 something is missing, makes no sense or is not as the receipt says; 2 no
readable receipt; 3 nothing is wrong, but not everything could be checked.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Behind the standard library: nothing that lies in this folder takes the place of a part of Python.
sys.path.append(str(Path(__file__).resolve().parent))

try:
    from verify_evm import is_installed
    from verify_form import ADDRESS_TEXT, check_form, check_unknown
    from verify_names import check_account_name
    from verify_node import Node, check_block, check_collection, check_mark, check_owner, without_node
    from verify_proof import Proof, check_computed_owner, describe_state, fetch_proof
    from verify_served import check_served
    from verify_signature import check_signature
    from verify_token import Files, Way
    from verify_web import ALL_SECONDS, RECEIPT_BYTES, Web, Webs, is_web, origin_of, read_named
    from verify_words import Json, Open, Unclaimed, Unreadable, Wrong, plain, plain_line, q, read_json, say
except ImportError as missing:
    print(f"Save all files of this script in one folder: {missing.name}.py is not there.", file=sys.stderr)
    sys.exit(2)

STATED = ("name", "alt", "sha256", "type", "width", "height", "frames")
STATED_OF_TOKEN = ("chain_name", "explorer_url", "checked_at", "metadata_changed_at")


def run(name: str, check: Callable[..., str], *arguments: object) -> int:
    try:
        word, sentence, status = "proved", check(*arguments), 0
    except Wrong as error:
        word, sentence, status = "NOT PROVED", str(error), 1
    except Open as error:
        word, sentence, status = "not checked", str(error), 3
    except Unclaimed as error:
        word, sentence, status = "not claimed", str(error), 0
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        word, sentence, status = "NOT PROVED", f"What was sent has not the shape it must have ({q(repr(error))}).", 1
    say(word, name, sentence)
    return status


def steps(receipt: Json, asked: argparse.Namespace, site: str, keys: bytes | None, webs: Webs) -> Iterator[int]:
    form = run("form", check_form, receipt)
    yield form
    if form:
        return
    yield run("unknown", check_unknown, receipt)
    yield run("signature", check_signature, receipt, site, keys, webs.site)
    if receipt["source"] == "nft":
        yield from token_steps(receipt, asked, webs)
    elif receipt["source"] not in (None, "upload"):
        yield run("mark" if receipt["mark"] else "source", check_other_source, receipt)
    yield run("served", check_served, receipt, webs.site)
    say_stated(receipt)


def token_steps(receipt: Json, asked: argparse.Namespace, webs: Webs) -> Iterator[int]:
    facts = receipt["provenance"]
    if facts["verdict"] != "owned":
        yield run("owner", check_not_owned, facts)
        return
    node = Node(webs.node, asked.rpc, facts["block_number"]) if asked.rpc else None
    way = Way(node, Files(webs.files, asked.gateway), facts)
    made_at: list[float] = []

    def block() -> str:
        if node is None:
            raise without_node()
        sentence, seconds = check_block(node, facts)
        made_at.append(seconds)
        return sentence

    yield run("block", block)
    is_held = False
    if made_at and node is not None:
        owner = run("owner", check_owner, node, facts, asked)
        is_held = owner == 0
        yield owner
        yield run("collection", check_collection, node, facts)
    else:
        yield run("owner", after_block)
    if "ownership_proof" in facts:
        yield from proof_steps(receipt, asked, webs, node, is_held)
    yield run("mark", check_mark, receipt, is_held, made_at[0] if made_at else None, asked.max_age)
    yield run("token URI", way.check_uri if made_at else after_block)
    yield run("metadata", way.check_metadata)
    yield run("picture", way.check_picture)
    if facts["account_name"]:
        yield run("account name", check_account_name, facts, asked, node if made_at else None, webs.names)


def proof_steps(
    receipt: Json, asked: argparse.Namespace, webs: Webs, node: Node | None, is_held: bool
) -> Iterator[int]:
    """Prove the state that the ownership proof holds, and compute the owner from it.

    If a node has proved the owner already, that needs no package which is not there.
    """
    facts, found = receipt["provenance"], list[Proof]()

    def prove() -> str:
        proof = fetch_proof(receipt, asked, webs.site)
        sentence = describe_state(proof, facts["ownership_proof"], node)
        found.append(proof)
        return sentence

    yield run("proof", prove)
    if found and (is_installed() or not is_held):
        yield run("owner by proof", check_computed_owner, found[0], facts, asked)


def after_block() -> str:
    raise Open("Only at a proved block could the chain be asked.")


def check_not_owned(facts: Json) -> str:
    raise Open(f"The receipt itself does not say that the token is held: {facts['verdict']}.")


def check_other_source(receipt: Json) -> str:
    if receipt["mark"]:
        raise Wrong("It claims a mark, and nothing in it proves the right to it in a way that this script knows.")
    raise Open(f"What a picture of the source {q(receipt['source'])} rests on, this script does not know.")


def say_stated(receipt: Json) -> None:
    """Name what the signature alone stands behind."""
    named = f"the picture of {q(receipt['handle'])} at {q(receipt['issuer'])}"
    facts = receipt["provenance"] or {}
    members = [name for name in STATED if receipt[name]] + [name for name in STATED_OF_TOKEN if facts.get(name)]
    token = ", that the account is this person's, that the pictures served show the original" if facts else ""
    say("stated", "by the site alone", f"that this is {named}{token}, and {', '.join(members)}")


RESULTS = {
    0: "PROVED. All that this receipt claims and that can be proved is proved.",
    1: "NOT PROVED. See the lines above that begin so.",
    3: 'NOT FULLY CHECKED. Nothing is wrong, but see the lines above that begin with "not checked".',
}


def read_receipt(source: str, web: Web) -> Json:
    try:
        receipt = read_json(read_named(source, RECEIPT_BYTES, web))
    except (Open, ValueError) as error:
        raise Unreadable(f"{q(source)} is no receipt: {plain(str(error), 600)}") from error
    if not isinstance(receipt, dict) or "sha256" not in receipt or "mark" not in receipt:
        raise Unreadable(f"{q(source)} is no receipt.")
    return receipt


def web_address(text: str) -> str:
    try:
        origin_of(text)
    except Open as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def address(text: str) -> str:
    if not ADDRESS_TEXT.fits(text):
        raise argparse.ArgumentTypeError("An address is 0x and 40 hexadecimal digits.")
    return text


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("receipt", help="its address, https://SITE/avatar/NAME.json, or a file that holds it")
    add("--rpc", metavar="URL", type=web_address, help="a node of the chain; one that keeps the state of that block")
    add("--gateway", metavar="URL", type=web_address, action="append", default=[], help="a trustless IPFS gateway")
    add("--site", metavar="URL", type=web_address, help="who must have issued it, if not the site at its address")
    add("--allow", metavar="URL", type=web_address, action="append", default=[], help="one more site to open")
    add("--account", metavar="0x...", type=address, help="who held it, where the receipt keeps that to itself")
    add("--vault", metavar="0x...", type=address, help="whose token it was, where the receipt keeps that to itself")
    add("--registry", metavar="0x...", type=address, help="where delegations are asked for, if not at delegate.xyz v2")
    add("--ens-rpc", metavar="URL", type=web_address, help="a node of the chain of ENS, if that is another one")
    add("--ens-registry", metavar="0x...", type=address, help="where ENS names are registered, if not Ethereum's")
    add("--proof", metavar="URL|FILE", help="the ownership proof, if not where the site publishes it")
    add("--keys", metavar="URL|FILE", help="the issuer's keys, if not where it publishes them")
    add("--max-age", metavar="HOURS", type=float, default=24, help="how old a mark's block may become; 24")
    return parser.parse_args(arguments)


def allowed_by(asked: argparse.Namespace) -> Webs:
    """Return what may be opened. Raise `Open` for a receipt or keys at an address that is none."""
    ends_at = time.monotonic() + ALL_SECONDS
    own = [
        source for source in (asked.receipt, asked.keys or "", asked.proof or "", asked.site or "") if is_web(source)
    ]
    return Webs(
        site=Web([*own, *asked.allow], ends_at=ends_at),
        node=Web(filter(None, [asked.rpc]), ends_at=ends_at),
        names=Web(filter(None, [asked.ens_rpc]), ends_at=ends_at),
        files=Web(asked.allow, asked.gateway, ends_at),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parse_arguments(arguments)
    try:
        webs = allowed_by(asked)
        receipt = read_receipt(asked.receipt, webs.site)
        keys = read_named(asked.keys, RECEIPT_BYTES, webs.site) if asked.keys else None
    except (Unreadable, Open) as error:
        print(plain_line(f"UNREADABLE: {error}"), file=sys.stderr)
        return 2
    site = asked.site or (asked.receipt if is_web(asked.receipt) else "")
    found = list(steps(receipt, asked, site, keys, webs))
    status = 1 if 1 in found else max(found)
    say("Result", f"exit {status}", RESULTS[status])
    return status


if __name__ == "__main__":
    sys.exit(main())
