"""The sandbox at the vendors' door: the same application over the databases of a made-up board, and a page."""
