"""Who may do what: roles and scopes, signing in with two factors, and the chain of the audit."""
