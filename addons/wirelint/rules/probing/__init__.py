"""Credentials, probed on request: 401 and 403, and what is open although it should not be."""
