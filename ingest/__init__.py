"""Documents -> chunks -> vectors in Chroma. `python -m ingest` brings the shipped knowledge up to date."""
