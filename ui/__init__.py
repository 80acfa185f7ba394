"""Streamlit pages, one file a page. With `app.py` the only room that imports streamlit."""

MAX_QUESTION_CHARACTERS = 2000
