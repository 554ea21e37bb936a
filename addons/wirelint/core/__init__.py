"""Exchanges, rules, findings, the engine. Pure: no I/O, no clock, no proxy, no metrics."""
