"""Measures how well retrieval finds evidence: `./scripts/evaluate`."""
