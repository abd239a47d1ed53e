"""Survival mathematics on arrays; knows no paths."""
