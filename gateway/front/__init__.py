"""The vendors door: serves holdings, takes in results, never has the key."""
