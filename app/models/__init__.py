"""Ports of the models (embedder, extractor, language model) and their implementations."""
