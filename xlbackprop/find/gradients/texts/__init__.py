"""What the texts on a sheet say of the cells beside them."""
