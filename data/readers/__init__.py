"""Files in, domain values out: one format a file."""

from data.readers.conversations import open_conversations
from data.readers.records import ConversationFile, Located, Noted, Record, Rejected

__all__ = ["ConversationFile", "Located", "Noted", "Record", "Rejected", "open_conversations"]
