"""Strangers' bytes → pictures of ours. Pure: bytes in, bytes out; no framework, no files, no network.

Run `normalize` on untrusted bytes only through `profiles.decoding`, whose child process holds its limits.
"""
