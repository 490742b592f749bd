"""The door to the API for other apps: they describe operations here, and `profiles.api` serves and documents them."""
