"""Results as files that a reader takes along."""
