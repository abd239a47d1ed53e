"""What would make a result false, looked for before any model trains: each check reads the evidence and yields findings."""
