"""What imports do: read a file, plan, apply; what is particular of each resource."""
