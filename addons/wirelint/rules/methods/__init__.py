"""What a method and its status code promise each other: 201, 202, 204, 405, conditions, ranges."""
