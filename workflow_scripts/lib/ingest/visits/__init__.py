"""Coded visits as MEDS events, only those before the index date."""
