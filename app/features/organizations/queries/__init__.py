"""SQL of units, branches and leaders."""
