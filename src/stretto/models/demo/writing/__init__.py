"""Writes the demo model's plans, texts and syntheses from templates."""
