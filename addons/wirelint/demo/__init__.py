"""A demo with real traffic: services that misbehave like real ones, one correct service, and their clients.

``Demo`` runs the services and the clients; its caller puts a proxy between them. ``wirelint.demo.scenarios`` lists the
faults to find, ``wirelint.demo.clients.walk`` plays each of these scenarios once.
"""

from wirelint.demo.session import Demo, DemoError

__all__ = ["Demo", "DemoError"]
