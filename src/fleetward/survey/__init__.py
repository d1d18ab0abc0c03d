"""Questions to a whole fleet."""
