"""Named rules over an observation, and over the observations of all clients together."""
