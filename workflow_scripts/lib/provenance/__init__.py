"""Where everything came from: code digests, logs, and the sidecar that every job writes."""
