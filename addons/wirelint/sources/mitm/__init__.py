"""Live traffic through mitmproxy, and the flows it saved. Nothing outside this folder imports mitmproxy."""
