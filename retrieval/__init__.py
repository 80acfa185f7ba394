"""Query -> ranked passages and a calibrated confidence."""
