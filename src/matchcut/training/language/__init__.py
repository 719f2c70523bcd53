"""Fine-tuning of language models, and of those that see, on chunks and their right answers."""
