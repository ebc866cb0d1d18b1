"""The pictures of docs/effects, a function each."""
