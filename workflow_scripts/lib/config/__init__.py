"""One frozen model per stage; validated before the DAG exists."""
