"""Questions to the work tree: what is there, and where does it stand."""
