"""Pages that people look at: HTML of what the API answers, and nothing that it does not."""
