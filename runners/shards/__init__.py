"""One run asked in parts by several processes side by side."""
