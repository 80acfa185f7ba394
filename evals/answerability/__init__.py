"""Training data of the model that tells whether a passage answers a question, its training, and how it does."""
