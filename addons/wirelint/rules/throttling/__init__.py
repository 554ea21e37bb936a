"""Limits and unavailability: 429, 503 and when to come back."""
