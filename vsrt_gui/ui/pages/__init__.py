"""The wizard's pages: each renders a value that it is given, and says what the user did."""
