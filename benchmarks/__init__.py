"""Measures what wirelint costs, beside bare mitmproxy on the same machine in the same run."""
