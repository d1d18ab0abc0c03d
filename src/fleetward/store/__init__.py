"""Everything outside the process: trees of files, YAML, JSON Schema, git, and the records we write."""
