"""What is remembered of earlier exchanges, one memory a file; rules name those that they look back on."""
