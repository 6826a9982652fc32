"""The loopback HTTPS interceptor that is a running sample's only way out, and what answers in it."""
