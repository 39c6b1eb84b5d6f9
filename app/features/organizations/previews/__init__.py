"""What a change of the tree would do."""
