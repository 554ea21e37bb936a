"""Malformed messages: framing, media types, codes."""
