"""How well retrieval finds evidence: `./scripts/evaluate`."""
