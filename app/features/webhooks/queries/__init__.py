"""SQL of webhooks: endpoints as their clients see them, lanes as workers take them, deliveries."""
