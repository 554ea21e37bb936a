"""Facts about a single exchange that rules share, one subject per file. Pure, like the core."""
