"""Exchanges from Envoy: its gRPC access log, with fields and bodies that a Lua filter adds.

grpcio and the protobuf definitions are imported below this folder only, once a receiver starts.
"""
