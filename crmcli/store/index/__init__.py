"""The index: the content of the record files in SQLite, so that queries need not open them.

It is derived and private to this machine. Its answers are always those that the files would give: at
each use it is compared with their names, sizes, times and inodes, and files that differ are read again.
If it is missing, damaged, locked or unwritable, queries are slower, but correct.
"""
