"""What officials do, whoever carries it out: the command line and the console call the same functions."""
