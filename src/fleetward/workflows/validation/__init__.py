"""A whole fleet against its schemas and rules."""
