"""What several layers share; no layer is registered here."""
