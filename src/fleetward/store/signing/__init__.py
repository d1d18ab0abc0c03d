"""SSH keys and signatures: read, sign, verify."""
