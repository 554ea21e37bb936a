"""Live traffic through mitmproxy, and flows that it saved. No other folder imports mitmproxy."""
