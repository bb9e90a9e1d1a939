"""The change of school years: what will change per product, and removals that were expected."""
