"""Memind's public contract under /open/v1, and the extensions that live beside it."""
