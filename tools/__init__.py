"""What builds and checks the book. Nothing here is needed to read it or to use rnnlib."""
