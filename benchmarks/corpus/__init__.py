"""Test with recorded traffic: label score, results of each rule, and a live replay through the proxy.

``python -m benchmarks.corpus FOLDER`` takes any folder of captures.
"""
