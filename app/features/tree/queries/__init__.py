"""SQL of the tree."""
