"""Mnemon: graph memory for AI agents."""
