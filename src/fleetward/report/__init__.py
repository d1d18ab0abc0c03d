"""Values to text, one file a format."""
