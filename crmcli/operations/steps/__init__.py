"""Parts of operations: each puts its changes into an open transaction, which its caller commits."""
