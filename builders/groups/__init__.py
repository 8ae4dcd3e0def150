"""From labelled candidates to mixed ranking groups and the prompts that show them."""
