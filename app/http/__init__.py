"""What knows the web: routing, bodies, problems as answers, paging, preconditions."""
