"""Memanto's contract under /api/v2: agents, sessions, and the memories of an agent."""
