"""Conversations: ingest, look up, correct, erase."""
