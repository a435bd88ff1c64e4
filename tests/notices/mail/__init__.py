"""Mail: outbox, composition, wire, delivery."""
