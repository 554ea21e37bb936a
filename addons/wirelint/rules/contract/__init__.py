"""Differences between a service and its OpenAPI document."""
