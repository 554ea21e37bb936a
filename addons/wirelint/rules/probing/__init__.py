"""Credentials, probed on request: wrong 401 and 403, and open resources."""
