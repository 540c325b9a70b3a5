"""One small module for each thing that is checked; each of them has its checks in `CHECKS`."""
