"""REST for portal apps and third parties (REST 接口)."""
