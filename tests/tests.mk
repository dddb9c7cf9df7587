# Targets of the tests. Included by the Makefile.
