"""Claim, run, release."""
