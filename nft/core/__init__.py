"""Pure functions and values: identifiers, codecs, verification and ownership verdicts. No Django, no I/O, no clock.

Everything here takes values and returns values or raises a `CoreError` (`nft.core.errors`).
"""
