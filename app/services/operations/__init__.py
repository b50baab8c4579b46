"""Accepting, following and cancelling operations."""
