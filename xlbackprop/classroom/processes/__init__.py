"""Processes that answer requests, and end when they take too much time or memory."""
