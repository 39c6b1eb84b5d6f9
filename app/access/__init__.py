"""Who is calling and what they may see and do: the one place where that is decided."""
