"""The page as files that need no server: the program and what runs it in a browser."""
