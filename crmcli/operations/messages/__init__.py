"""What crm does with messages: filing those that come in, composing those that go out."""
