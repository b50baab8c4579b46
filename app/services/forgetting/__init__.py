"""Deleting what was asked to be forgotten, with receipts."""
