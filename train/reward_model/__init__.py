"""A reward model from a version's pairs, and a policy from a reward model (CodeScaler, arXiv 2602.17684)."""
