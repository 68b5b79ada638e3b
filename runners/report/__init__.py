"""The report: tables, plots and every prediction of runs, in a page that needs no server."""
