"""Training in rounds: each round's data are sampled from the model that the round before made."""
