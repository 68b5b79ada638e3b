"""Where the answer stands in a reply: boxed, tagged, marked, fenced, or as a value."""
