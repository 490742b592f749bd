"""Apps of a host project whose labels are `profiles` and `nft`, with models that have the names of ours."""
