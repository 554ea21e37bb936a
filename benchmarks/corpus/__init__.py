"""Recorded traffic as a test: label score, what each rule does on it, and a live replay through the proxy.

``python -m benchmarks.corpus FOLDER`` takes any folder of captures.
"""
