"""What is kept and done over many images: phantoms, batches, exports of a child."""
