"""What imports are decided by: headings, cells, names. Pure."""
