"""Running programs that nobody trusts: the sandbox, the comparison of results, the labels."""
