"""The index: what the record files say, in SQLite, so that questions need not open them.

It is derived and private to this machine. Every answer it gives is the one that the files would
give: it is compared with their names, sizes, times and inodes at each use, and what does not fit is
read again. Missing, damaged, locked or unwritable, it costs time and nothing else.
"""
