"""What the end-to-end tests stand on; one concept a file."""
