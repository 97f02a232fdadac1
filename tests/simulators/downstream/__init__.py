"""A receiver of outbound deliveries that keeps them and counts each delivery id once."""
