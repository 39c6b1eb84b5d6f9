"""Parts that know nothing of the field: problems, paging, text types, clock, ids."""
