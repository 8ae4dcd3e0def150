"""From labelled programs to preference pairs: a program that passes all tests, and one that fails."""
