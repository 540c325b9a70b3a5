"""A typed client for the Portkey AI gateway.

>>> from portkey_client import Portkey
>>> client = Portkey(api_key="PORTKEY_API_KEY", virtual_key="VIRTUAL_KEY")
>>> batch = client.batches.cancel("batch_abc123")
"""

from portkey_api.types import UNSET, RawResponse

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
    GatewayTimedOutError,
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
from .observe import Event
from .retry import Retry
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
    "Event",
    "GatewayTimedOutError",
    "GuardrailError",
    "NotFoundError",
    "PermissionDeniedError",
    "Portkey",
    "PortkeyError",
    "RateLimitError",
    "RawResponse",
    "RequestRefusedError",
    "Retry",
    "ServerError",
    "TimedOutError",
    "UnprocessableError",
    "__version__",
]
