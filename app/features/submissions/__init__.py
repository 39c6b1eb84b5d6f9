"""One life for every submission: draft, submitted, returned, accepted, withdrawn."""
