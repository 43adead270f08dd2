"""The command line: commands read arguments, call operations and print the results."""
