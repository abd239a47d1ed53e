"""The audit: what a run left behind, sealed, verified, explained, compared and shared."""
