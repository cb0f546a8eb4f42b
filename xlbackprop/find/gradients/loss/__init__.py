"""Which cell is L: as a text or a user says, as the gradients say, or one that is assumed."""
