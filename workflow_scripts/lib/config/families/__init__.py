"""Settings of each family: one module each, so that editing one never retrains another."""
