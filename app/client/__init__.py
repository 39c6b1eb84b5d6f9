"""A small client of the service, for the command line and for scripts.

It speaks HTTP and knows nothing of the service but its contract. `calls.Client` is one caller;
`imports`, `exports` and `progress` are functions that take it; `failures` is what they raise.
"""
