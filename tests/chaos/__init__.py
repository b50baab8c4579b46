"""Kills processes at every step and at random, then counts what is lost, duplicated or left over."""
