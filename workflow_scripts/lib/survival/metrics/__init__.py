"""How good predictions are: each metric once, for b sets of patient weights at a time, so that a bootstrap is a matrix product."""
