"""What pupils and parents said, and what follows from it: consents, objections, texts, requests to delete."""
