"""A question in context -> a grounded answer with verified citations."""
