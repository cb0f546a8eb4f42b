"""The gradient check in the workbook: an entry nudged up and down, without calculus."""
