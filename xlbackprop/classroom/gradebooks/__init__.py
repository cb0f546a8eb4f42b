"""Points and feedback in the forms that learning platforms take, a file for each platform."""
