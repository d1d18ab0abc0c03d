"""May it pass: one pure evaluator for promote, audit, why and policy tests."""
