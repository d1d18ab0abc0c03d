"""What earlier validations found."""
