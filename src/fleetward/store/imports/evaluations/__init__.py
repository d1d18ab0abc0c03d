"""Results of evaluation tools: one adapter a module, one row a format in ``registry.py``."""
