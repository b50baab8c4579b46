"""The managed database: download, verify, run, watch (docs/decisions/0001)."""
