"""Measure settlements a second beside pgbench, in one run on the same server (性能测量)."""
