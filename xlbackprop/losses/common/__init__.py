"""What several losses share; no loss is registered here."""
