"""What a training version and an evaluation set have in common: statements, codes and dates."""
