"""Live news over WebSockets: rows are the truth, NOTIFY is the hint, a cursor in the client is what survives a cut."""
