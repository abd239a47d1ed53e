"""What every table that crosses a rule boundary promises; one module per stage."""
