"""A small server beside the proxy: metrics, health, and a page that shows what is found as it is found."""
