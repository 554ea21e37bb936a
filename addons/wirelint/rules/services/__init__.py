"""How a service uses its statuses as a whole."""
