"""The report's page, served to this machine while its runs go on."""
