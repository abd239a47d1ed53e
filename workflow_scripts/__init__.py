"""survdistill: from raw cohorts to survival models that speak, one audited step at a time."""
