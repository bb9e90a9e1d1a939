"""Disclosures, accesses and the audit log: append-only and verifiable."""
