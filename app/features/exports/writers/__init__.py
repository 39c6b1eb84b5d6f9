"""Writers of files: tables and documents, of the values that they are given and nothing else."""
