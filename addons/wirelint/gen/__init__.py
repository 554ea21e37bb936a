"""What is written from the registry of rules: the table in the README and the rule reference.

``python -m wirelint.gen`` writes it, with ``--check`` it only says whether what is there is fresh. The same rules
give the same octets.
"""
