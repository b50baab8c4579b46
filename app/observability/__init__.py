"""Logs and counters: what happened, where, on behalf of which request and operation; never what users said."""
