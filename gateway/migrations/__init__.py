"""Schema history of the two databases, front and school."""
