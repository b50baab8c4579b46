"""Killing processes between all steps and at random, and counting what is lost, doubled or left over."""
