"""Snippets of the library: features."""
