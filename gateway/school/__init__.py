"""The school side: holds the key while it is unlocked."""
