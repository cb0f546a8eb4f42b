"""What a marked class comes to: tables, feedback, the teacher's page, hints of copying."""
