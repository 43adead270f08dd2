"""Incoming and outgoing mail: reading and filing messages, composing and queueing replies."""
