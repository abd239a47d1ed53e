"""Attention under a Cox loss, in worlds where it is known which tokens carry the hazard: the three simulations of `shi2026`."""
