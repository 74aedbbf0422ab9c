"""OAuth2 for third-party channels (第三方渠道授权)."""
