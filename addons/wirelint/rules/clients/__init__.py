"""What clients make of what they are told. Faults of clients, never of the service."""
