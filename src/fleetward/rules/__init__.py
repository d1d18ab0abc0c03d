"""What must hold: one pure function for each wrong."""
