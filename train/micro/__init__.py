"""How the tiny policy that comes with the package was made: corpus, tokenizer, training."""
