"""The pure core: what a pipeline is and what its rules decide. No files, no clock, no chance."""
