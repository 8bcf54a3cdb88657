"""Snippets of the library: models."""
