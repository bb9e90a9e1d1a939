"""What people do with agreements: the steps of their life, drafts that are still being written, and overviews."""
