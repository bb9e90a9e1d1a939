"""Staff of the board: who they are, how they prove it, and what their roles let them do."""
