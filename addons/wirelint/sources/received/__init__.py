"""Exchanges that others pass on while they happen: the queue before the audit, and files that are followed."""
