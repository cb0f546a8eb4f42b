"""The steps of a training on a sheet, and the updates of its weights."""
