"""RESP without input or output: bytes in, requests out; replies in, bytes out."""
