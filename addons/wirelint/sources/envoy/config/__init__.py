"""Configuration of Envoys that send their exchanges: the Lua filter, the access log, the cluster of the receiver."""
