"""Where the answer stands in a reply: boxed, tagged, marked, fenced, a value, or an option."""
