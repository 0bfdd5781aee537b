"""The command line: asks once, shows what happens, and ends with a code that a script can rely on."""
