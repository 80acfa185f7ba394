"""Labelled cases, pure metrics, checks of the content, benchmarks and reports."""
