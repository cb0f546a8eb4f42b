"""Formulas evaluated anew, in processes that can be killed."""
