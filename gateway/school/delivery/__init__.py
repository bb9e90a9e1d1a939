"""Hand-over of relinked results to the school system, in order and at least once."""
