"""Snippets of the library: probes."""
