"""From what a user names to a model: specs, defaults, what keys and servers are there."""
