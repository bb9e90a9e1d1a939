"""Schuilnaam, the pseudonymisation gateway between a school and the vendors of its learning material."""
