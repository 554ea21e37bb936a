"""Helpers that tests share.

``rule``, ``story``, ``memory``: exchanges as HTTP text, and the rules and memories that are run on them.
``audits``: audits, findings and rules made by hand, for tests of reports and sinks.
``har``: HAR documents, and what is read from them.
``cli``: the command line, run in this process.
``web``: the page's server, and a client for it.
``mitm``: a proxy in this process, between sockets that misbehave on demand.
``proxy``: ``wirelint proxy`` in a process of its own; ``team``: the same with several workers; ``load``: load on them.
``prom``: metrics read as Prometheus reads them, and a real Prometheus.
``kustomize``: as much of kustomize as the manifests use.

Ports, processes and waiting are in ``tests/support.py``, programs to find in ``tests/tools.py``.
"""
