"""Backups of both databases and the settings, and putting one back (docs/decisions/0030)."""
