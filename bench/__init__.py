"""How fast it is here: every figure next to what PostgreSQL alone does with the same statements in the same run."""
