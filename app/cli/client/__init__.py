"""Commands for people, which call a running service: remember, recall, context, facts and others."""
