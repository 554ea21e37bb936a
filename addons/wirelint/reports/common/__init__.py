"""Shared parts of several formats."""
