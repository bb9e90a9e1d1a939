"""Receipts: a dated page per activation, change and end of an agreement, made when it happens and never changed."""
