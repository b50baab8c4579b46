"""Models that run in this process: no key, no network."""
