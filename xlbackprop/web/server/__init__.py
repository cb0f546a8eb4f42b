"""The page with the installed program behind it: requests, limits, workers, and tickets."""
