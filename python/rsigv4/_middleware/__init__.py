"""What the middlewares for ASGI and WSGI share."""
