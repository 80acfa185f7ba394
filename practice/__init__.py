"""Practice: questions, grading, follow-ups, mock interview, schedule."""
