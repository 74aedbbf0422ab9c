"""Server-rendered pages: the portal of insured people and the sandbox's cashier."""
