"""A second call for an answer that is slow: when it is made, and which of the two counts."""
