"""Metrics and findings over OTLP. The official SDK, an extra, batches, retries and shuts down; imported here alone."""
