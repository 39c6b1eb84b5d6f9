"""Files: upload, metadata, download; never required of anybody."""
