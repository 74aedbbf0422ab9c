"""One use case a file, one visible transaction each."""
