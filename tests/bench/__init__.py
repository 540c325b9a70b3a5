"""Benchmarks: what this client costs beside its peers. Nothing here is asserted; `make bench` prints one table."""
