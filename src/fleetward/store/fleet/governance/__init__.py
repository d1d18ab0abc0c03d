"""
What governs a fleet: data without schema findings become values, and what a schema cannot check becomes findings.

Each ``parse_*`` gives a value and findings. With an error among them nobody may decide by the file; the value is
then what could be understood, so that other checks go on. A policy with an error is None: half a policy would ask
too little.
"""
