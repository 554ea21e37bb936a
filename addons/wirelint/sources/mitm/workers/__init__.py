"""Several processes that carry traffic, and one that audits it: what ``wirelint proxy --workers`` runs.

Workers share the ports and only take down what goes by. What they took down goes to the process that started them, over
a socket for each: it alone audits, so whatever is remembered of earlier exchanges is whole, and there is one page, one
set of metrics and one log.
"""
