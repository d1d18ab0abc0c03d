"""What moved, and what it means."""
