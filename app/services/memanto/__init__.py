"""Agents' typed facts: changes, recall, conflicts, policies, sessions."""
