"""What the program's numbers are judged by: things that we did not write."""
