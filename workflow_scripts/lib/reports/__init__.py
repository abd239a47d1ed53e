"""Pathology reports: cleaned, and brought into one structure whose every statement shows the words that it rests on."""
