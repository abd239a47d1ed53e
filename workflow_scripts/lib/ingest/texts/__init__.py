"""Reports: read, cleaned, and freed of what identifies patients."""
