"""The cashier of a designated institution, in the sandbox (收费窗口)."""
