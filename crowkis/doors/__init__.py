"""Every way in: the only code that touches sockets."""
