"""What several optimizers share; no optimizer is registered here."""
