"""What is followed, in the forms in which it is read."""
