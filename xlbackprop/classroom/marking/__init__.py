"""Submissions to points: found, told apart, marked in processes, and nothing done twice."""
