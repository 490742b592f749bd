"""Turn strangers' bytes into pictures of our own. Pure: bytes in, bytes out; no framework, no files, no network.

Call `normalize` for untrusted bytes only through `profiles.decoding`, whose child process enforces the limits.
"""
