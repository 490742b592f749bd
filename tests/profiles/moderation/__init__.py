"""Tests of profiles.blocks and profiles.moderation."""
