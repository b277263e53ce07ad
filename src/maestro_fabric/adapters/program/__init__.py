"""A program of another framework as a child: it streams what happens, has a deadline and a log, and leaves nothing behind."""
