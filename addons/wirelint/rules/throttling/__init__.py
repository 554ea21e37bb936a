"""Rate limits and unavailability: 429, 503 and Retry-After."""
