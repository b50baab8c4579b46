"""Backups, health, metrics, clean-up."""
