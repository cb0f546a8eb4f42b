"""Operations of any model, from whatever file, into a Spec; what cannot be said is refused."""
