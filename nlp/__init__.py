"""Understanding of text: redaction, encoder, tagging. Values in, values out."""
