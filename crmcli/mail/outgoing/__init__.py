"""Writing of outgoing mail: templates and records become messages in the outbox."""
