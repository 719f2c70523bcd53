"""What is made of a log: reel, report, timeline and tables."""
