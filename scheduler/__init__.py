"""What time means and what follows: timing texts, sheets, occurrences, steps, sweep, answers."""
