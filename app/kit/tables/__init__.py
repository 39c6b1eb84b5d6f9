"""Tables that people send: workbooks, comma-separated texts and JSON lines, read as rows of cells.

What reads and marks them runs in a sandbox (`app.kit.sandbox`), for the files are anybody's.
Nothing here knows what a table is about.
"""
