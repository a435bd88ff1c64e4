"""Everything that meets a person or another machine: mail, feeds, pages, commands, clock ticks."""
