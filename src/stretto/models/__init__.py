"""Language models behind the port in core; the only room that imports pydantic_ai."""
