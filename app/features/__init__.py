"""The features, each a folder; which may import which is in the import contracts."""
