"""Services that the operator chose: indexers that list tokens, and pinners that keep our IPFS files."""

from __future__ import annotations

from dataclasses import dataclass, field

from profiles.setting_values import parse_object, parse_text, parse_web_url, parse_whole_number

PINNER_KINDS = ("kubo", "service")


@dataclass(frozen=True, slots=True)
class IndexerSettings:
    """An entry of NFT_INDEXERS. `adapter` is the dotted path of a class such as nft.clients.indexers.Alchemy."""

    adapter: str
    chain_id: int
    url: str = field(repr=False)  # it may hold a key
    name: str = ""

    @property
    def shown_name(self) -> str:
        """Return the name that people are told."""
        return self.name or self.adapter.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class PinnerSettings:
    """An entry of NFT_PINNERS. `token` is "" if the pinner needs none."""

    name: str
    kind: str
    url: str
    token: str = field(default="", repr=False)


def parse_indexers(value: object) -> tuple[IndexerSettings, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("write a list.")
    return tuple(_parse_indexer(place, entry) for place, entry in enumerate(value, 1))


def _parse_indexer(place: int, entry: object) -> IndexerSettings:
    try:
        given = parse_object(entry, required={"adapter", "chain_id", "url"}, optional={"name"})
        adapter, name = parse_text(given["adapter"]), parse_text(given.get("name", ""))
        return IndexerSettings(adapter, parse_whole_number(given["chain_id"]), parse_web_url(given["url"]), name)
    except (TypeError, ValueError) as error:
        raise ValueError(f"entry {place}: {error}") from None


def parse_pinners(value: object) -> tuple[PinnerSettings, ...]:
    """Return the pinners in order, each with a name of its own: files are recorded by it."""
    if not isinstance(value, list | tuple):
        raise TypeError("write a list.")
    pinners = tuple(_parse_pinner(entry) for entry in value)
    if len({pinner.name for pinner in pinners}) != len(pinners):
        raise ValueError("two entries have the same name.")
    return pinners


def _parse_pinner(entry: object) -> PinnerSettings:
    given = parse_object(entry, required={"name", "kind", "url"}, optional={"token"})
    name, kind = parse_text(given["name"]), given["kind"]
    if not 1 <= len(name) <= 40:
        raise ValueError("a name has 1 to 40 characters.")
    if kind not in PINNER_KINDS:
        raise ValueError(f"the kind of {name} is one of {', '.join(PINNER_KINDS)}.")
    try:
        return PinnerSettings(name, str(kind), parse_web_url(given["url"]), parse_text(given.get("token", "")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from None
