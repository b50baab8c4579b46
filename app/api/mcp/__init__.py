"""The Model Context Protocol: four tools on one memory, over HTTP and over standard input and output."""
