"""What rules read out of an exchange: the domain knowledge they share, one subject a file. Pure, like the core."""
