"""Files of administrative divisions, in the shapes that public sources have, as one tree."""
