"""Speed and memory as ratios to what Groundwork is made of: `python -m evals bench`, one module a measurement."""
