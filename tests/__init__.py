"""Tests: a folder per app and room, `site` for what is composed, `browser` for the whole story."""
