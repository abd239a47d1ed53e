"""The audit: one trail out of all sidecars; sealed at the end of a run, and afterwards verified, explained, compared and shared."""
