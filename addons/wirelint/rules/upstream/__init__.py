"""How gateways report the failures of their upstream: 500, 502, 504."""
