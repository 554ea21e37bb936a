"""Credentials and permission: 401, 403, 407 and their challenges."""
