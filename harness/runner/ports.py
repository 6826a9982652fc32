"""Where the gateway listens inside a seal."""

PROXY_PORT = 3128
PORTS = (PROXY_PORT, 443, 80)
"""As a proxy, and for clients that ignore proxy variables."""
