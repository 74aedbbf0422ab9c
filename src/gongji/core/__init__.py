"""The pure centre: values and decisions, with no SQL, HTTP, clock or randomness."""
