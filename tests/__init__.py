"""Tests: unit (pure), services (real servers), browser (the whole story), infra (the stack itself)."""
