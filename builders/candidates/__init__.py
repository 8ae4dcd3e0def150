"""Where candidates come from: imported samples or a model, and the code found in them by one rule."""
