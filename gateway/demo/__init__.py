"""The made-up board, its simulated school system and the simulated vendors."""
