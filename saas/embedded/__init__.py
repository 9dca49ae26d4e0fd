"""PostgreSQL, Redis and Node for a machine that has none of them, and the supervisor behind `make demo`.

Runs before Django and without it: only the standard library, the files inside the wheels, and operating-system
tools. Nothing of the project's other code is imported here.
"""
