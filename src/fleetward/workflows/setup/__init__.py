"""Creating a fleet and its agents, and what editors and git need of them."""
