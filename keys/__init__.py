"""Key custody and pseudonyms: from (identifier, scope) to pseudonym and, in one guarded module, back."""
