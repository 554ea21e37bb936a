"""Metrics for Prometheus, the one door to ``prometheus_client``.

``registry.Metrics`` counts audited traffic and holds the registry. Any other part that has numbers is a collector: an
object whose ``collect`` returns families. It makes them by ``families.counter`` and ``families.gauge`` from what it
holds at that moment. It is passed to ``Metrics.register`` once. So a metric is written where its number is.
"""
