"""HTTP: wire types, envelopes, handlers."""
