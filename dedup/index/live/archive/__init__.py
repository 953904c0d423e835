"""Articles that left memory, and how they are restored."""
