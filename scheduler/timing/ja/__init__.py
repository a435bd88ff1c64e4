"""Japanese: its words, its numbers and its grammar, each a table."""
