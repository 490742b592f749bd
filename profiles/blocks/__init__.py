"""Blocks: what a site shows to nobody, and whether something is that."""
