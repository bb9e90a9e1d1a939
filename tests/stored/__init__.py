"""Homes as earlier versions of this program stored them; see `store.py`."""
