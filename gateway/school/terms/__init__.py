"""What follows from the terms of an agreement, by itself or by a person: deletions, sub-processors, pseudonyms."""
