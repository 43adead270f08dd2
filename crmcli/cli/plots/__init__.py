"""Reports drawn in the terminal: `--plot`."""
