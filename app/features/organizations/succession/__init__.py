"""What is open at an organization, or waits at it, when the tree changes."""
