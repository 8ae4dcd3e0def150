"""Choosing one of N samples: by a model's ranking, by tests, by equal outputs, by a reward model."""
