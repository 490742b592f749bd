"""Speeds as ratios: we, our peers and the limit side by side in one run (`make bench`).

Times on a shared machine mean little; ratios taken within one round mean much. Nothing here asserts a time.
"""
