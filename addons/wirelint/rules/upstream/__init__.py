"""Gateways and what they make of their upstream's failures: 500, 502, 504."""
