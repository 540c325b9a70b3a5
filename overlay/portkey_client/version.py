"""The version, as in pyproject.toml; here so that the user agent costs no look-up of installed packages."""

__version__ = "0.1.0"
