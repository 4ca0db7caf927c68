"""Claims about speed and memory, each measured beside its peer in the same process run."""
