"""What run.py is made of (standard library only, but for look.py and what it uses)."""
