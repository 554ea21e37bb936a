"""Generate files from the registry of rules: the table in the README, the rule reference and others.

``python -m wirelint.gen`` writes them; with ``--check`` it only reports stale ones. The same rules give the same
octets.
"""
