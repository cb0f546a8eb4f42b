"""The walk: blocks that show their numbers one after another as a counter is turned up."""
