"""The three ones of one leading cadre: what is asked of them, and what they did."""
