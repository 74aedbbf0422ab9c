"""A small fictitious city for the sandbox: people, families, institutions, catalogue (演示城市)."""
