"""Statuses that do not fit the method: 201, 202, 204, 405, conditions, ranges."""
