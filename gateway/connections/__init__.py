"""Which vendor clients may call and which sources exist."""
