"""Opinions: what people asked for or criticised, to the answer."""
