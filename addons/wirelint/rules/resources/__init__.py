"""What a service says of one resource at one time and takes back at another: creation, deletion, Allow, HEAD."""
