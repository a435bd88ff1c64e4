"""Pages for people: what is overdue, what comes, who answers; and calendar feeds for machines."""
