"""The pure heart: identifiers, proofs and verdicts. No Django, no I/O, no clock.

Everything here takes values and gives values back or raises one of `nft.core.errors`.
"""
