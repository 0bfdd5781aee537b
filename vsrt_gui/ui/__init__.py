"""The window: renders RunState and sends commands; decides nothing."""
