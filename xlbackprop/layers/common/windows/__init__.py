"""Windows that slide over planes: their geometry, and what is made ready for them."""
