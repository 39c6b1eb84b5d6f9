"""Reading from a replica that lags behind: what marks it, how far it is, when it may answer."""
