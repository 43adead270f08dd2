"""Mail in and mail out: reading real messages, filing them, composing and queueing replies."""
