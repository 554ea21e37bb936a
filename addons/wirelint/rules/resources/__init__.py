"""Contradictory answers about one resource over time: creation, deletion, Allow, HEAD."""
