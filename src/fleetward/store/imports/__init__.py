"""What other tools write: evaluation results, catalogues, metrics."""
