"""Everything that touches .xlsx files: writing, guarded reading, the engine."""
