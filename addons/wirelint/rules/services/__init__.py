"""What a service does with its statuses, all in all."""
