"""The whole site on one machine: environment, servers, chain, demo tokens. Started by `make run`."""
