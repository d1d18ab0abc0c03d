"""What an approval is about, and the statement that records it."""
