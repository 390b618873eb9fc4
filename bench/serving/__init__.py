"""What bench/endpoint.py is made of.

corpus (the data) -> peers (who serves them) -> questions (what is asked) -> agree (all answer alike)
-> load (wrk) -> tables. ``processes`` reads /proc.
"""
