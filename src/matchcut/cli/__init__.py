"""The command line: one verb a file, which parses, makes one public call and prints."""
