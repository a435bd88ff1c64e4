"""Everything that meets a person or another machine: mail, feeds, pages, commands, clock ticks."""

__version__ = "0.1.0"
