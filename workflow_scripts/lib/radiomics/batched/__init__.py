"""All regions of an image at once: its filters, matrices and features, on a CPU or a GPU."""
