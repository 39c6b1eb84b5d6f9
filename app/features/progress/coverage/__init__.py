"""How far a campaign has reached: who was inspected, who has met, which sectors are missing."""
