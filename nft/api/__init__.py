"""Operations of the API on accounts, tokens, claims, mints and transfers. `profiles.api` serves and documents them."""
