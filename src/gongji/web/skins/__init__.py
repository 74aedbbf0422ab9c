"""Channels that are only played: each with its own name, menus and search (模拟渠道); sandbox only."""
