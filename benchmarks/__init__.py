"""Side by side with peers; run by hand, never by a timed test."""
