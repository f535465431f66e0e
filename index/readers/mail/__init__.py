"""Mail: messages, what is attached to them, and mailboxes."""
