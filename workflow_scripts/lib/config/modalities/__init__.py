"""What each modality's ingestion needs to know: where it is, how it maps, which patient each row or file belongs to."""
