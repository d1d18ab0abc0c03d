"""Two revisions of a fleet and the changes between them."""
