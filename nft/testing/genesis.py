"""The id of the tests' chain and the seed of its accounts, which have ether. Both are those of every local chain."""

CHAIN_ID = 31337
MNEMONIC = "test test test test test test test test test test test junk"
