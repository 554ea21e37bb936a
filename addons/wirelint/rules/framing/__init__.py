"""Messages that do not keep to their own form: framing, media types, codes."""
