"""What wirelint knows: exchanges, rules, findings. Pure: no I/O, no clock, no proxy, no metrics."""
