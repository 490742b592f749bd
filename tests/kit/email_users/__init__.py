"""A host project whose people sign in by e-mail: no `username`, a UUID as key."""
