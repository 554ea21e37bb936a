"""How clients react to statuses. These are faults of clients, never of the service."""
