"""Faults on purpose: disks that fail, processes that are killed, files that are damaged."""
