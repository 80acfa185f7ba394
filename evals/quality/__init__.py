"""The quality of retrieval and answers on the labelled cases, each figure with an interval."""
