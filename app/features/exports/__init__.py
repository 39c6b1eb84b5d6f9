"""Files out: the ledgers and tables that superiors ask for, made by a worker and fetched later."""
