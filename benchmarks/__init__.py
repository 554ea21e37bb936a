"""Measure the cost of wirelint beside bare mitmproxy, on the same machine in the same run."""
