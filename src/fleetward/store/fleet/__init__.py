"""A tree of files to a snapshot of the fleet, and edits of its files."""
