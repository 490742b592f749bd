"""Which host has the avatars of a domain's addresses: Libravatar's federation by DNS (SRV, RFC 2782)."""

from __future__ import annotations

import re
from functools import lru_cache

from profiles.imports.entries import Outcome, Unusable

DEFAULT = "https://seccdn.libravatar.org/avatar"
_SERVICE = "_avatars-sec._tcp"
_SECONDS = 5.0
_HOST = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")


@lru_cache(maxsize=10_000)
def find_avatar_host(domain: str) -> str:
    """Return where to ask, up to the hash. Only hosts with https are asked: the way there must not tell the hash.

    Raise Unusable if the domain's name servers don't answer: then the default host is not asked either.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(f"{_SERVICE}.{domain}", "SRV", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return DEFAULT
    except (dns.resolver.NoNameservers, dns.resolver.LifetimeTimeout) as error:
        raise Unusable(Outcome.UNREACHABLE, f"The name servers of {domain} do not answer.") from error
    except (dns.exception.DNSException, UnicodeError):  # no name that DNS can have
        return DEFAULT
    best = min(answer, key=lambda record: (record.priority, -record.weight))
    host = best.target.to_text(omit_final_dot=True).lower()
    if not _HOST.fullmatch(host):
        return DEFAULT
    return f"https://{host}/avatar" if best.port == 443 else f"https://{host}:{best.port}/avatar"
