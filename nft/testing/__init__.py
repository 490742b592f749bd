"""The test kit of wallets, tokens and IPFS. pytest loads `plugin`; nothing at run time does."""
