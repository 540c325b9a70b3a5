"""From the published OpenAPI document to the generated client: load, correct, name, normalise, emit.

Run as ``python -m prepare`` with ``openapi/`` on the path; the Makefile does so.
"""
