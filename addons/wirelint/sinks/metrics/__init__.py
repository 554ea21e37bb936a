"""Metrics for Prometheus, the one door to ``prometheus_client``.

``registry.Metrics`` counts audited traffic and holds the registry. Whoever else has numbers is a collector: an object
whose ``collect`` returns families, made by ``families.counter`` and ``families.gauge`` from what it holds at that
moment. It is handed to ``Metrics.register`` once. So a metric is written where its number is, and nowhere else.
"""
