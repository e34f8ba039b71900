"""The reading page: series at the left, the image in the middle, the model at the right."""
