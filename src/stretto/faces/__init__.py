"""How people and programs reach stretto."""
