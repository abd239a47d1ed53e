"""Blocks of the families that write: bases, tokenizers, and numbers read out of a language model."""
