"""A typed client for the Portkey AI gateway.

>>> from portkey_client import Portkey
>>> client = Portkey(api_key="PORTKEY_API_KEY", virtual_key="VIRTUAL_KEY")
>>> batch = client.batches.cancel("batch_abc123")
"""

from portkey_api.types import UNSET

from .client import AsyncPortkey, Portkey
from .errors import (
    AnswerError,
    APIError,
    AuthenticationError,
    BadRequestError,
    BudgetError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    GuardrailError,
    NotFoundError,
    PermissionDeniedError,
    PortkeyError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    TimedOutError,
    UnprocessableError,
)
from .version import __version__

__all__ = [
    "UNSET",
    "APIError",
    "AnswerError",
    "AsyncPortkey",
    "AuthenticationError",
    "BadRequestError",
    "BudgetError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "GuardrailError",
    "NotFoundError",
    "PermissionDeniedError",
    "Portkey",
    "PortkeyError",
    "RateLimitError",
    "RequestRefusedError",
    "ServerError",
    "TimedOutError",
    "UnprocessableError",
    "__version__",
]
