"""Words everyone shares: types, settings, errors, models, store, learner state."""
