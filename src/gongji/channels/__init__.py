"""Channels: the wire formats by which others reach the services."""
