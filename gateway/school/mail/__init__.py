"""Mails to the officers of the board: rows first, sent from an outbox. Never about a person, never to a vendor."""
