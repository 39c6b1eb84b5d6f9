"""Code lists: every code of the records with its Chinese and English label."""
