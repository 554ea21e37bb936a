"""A demo with real traffic: services that misbehave as real ones do, one that behaves, and clients that use them.

``Demo`` runs the services and the clients; who uses it puts a proxy between them. ``wirelint.demo.scenarios`` lists
what there is to find, ``wirelint.demo.clients.walk`` plays each of these scenarios once.
"""

from wirelint.demo.session import Demo, DemoError

__all__ = ["Demo", "DemoError"]
