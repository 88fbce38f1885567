"""What the auths of all HTTP clients share."""
