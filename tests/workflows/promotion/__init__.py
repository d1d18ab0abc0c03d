"""Histories that are clean, and what people do to them."""
