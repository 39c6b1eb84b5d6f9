"""SQL of counts of work: from the records, into the sums, out of them."""
