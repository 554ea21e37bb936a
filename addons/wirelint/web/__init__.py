"""A small server beside the proxy: metrics, health, and a live page of findings."""
