"""Key custody and pseudonyms: (identifier, scope) to pseudonym and, in one guarded module, back. Import from the modules."""
