"""Speeds as ratios: this site, its peers and the limit, measured side by side in one run (`make bench`).

Absolute times on a shared machine mean little. Ratios taken within one round are comparable. Nothing here asserts a
time.
"""
