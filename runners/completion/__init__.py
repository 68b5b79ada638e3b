"""What TAB offers: of a command line that is not finished, the words that may stand next."""
