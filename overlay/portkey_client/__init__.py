"""A typed client for the Portkey AI gateway.

>>> from portkey_client import Portkey
>>> client = Portkey(api_key="PORTKEY_API_KEY", virtual_key="VIRTUAL_KEY")
>>> batch = client.batches.cancel("batch_abc123")
"""

from portkey_api.types import UNSET, AsyncStream, RawResponse, Stream

from .client import AsyncPortkey, Portkey
from .config import Config
from .errors import (
    AnswerError,
    APIError,
    AuthenticationError,
    BadRequestError,
    BatchEndedError,
    BatchGoneError,
    BatchUnfinishedError,
    BudgetError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    ExportFailedError,
    ExportUnfinishedError,
    GatewayTimedOutError,
    GuardrailError,
    InvalidBatchError,
    JournalError,
    NotFoundError,
    OutcomeUnknownError,
    PagingError,
    PermissionDeniedError,
    PortkeyError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    SocketClosedError,
    StreamFailedError,
    StreamTruncatedError,
    TimedOutError,
    TransferError,
    UnprocessableError,
)
from .gateways import GATEWAYS, Gateway
from .observe import Event
from .options import ClientOptions
from .retry import Retry
from .version import __version__

__all__ = [
    "GATEWAYS",
    "UNSET",
    "APIError",
    "AnswerError",
    "AsyncPortkey",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "BatchEndedError",
    "BatchGoneError",
    "BatchUnfinishedError",
    "BudgetError",
    "ClientOptions",
    "Config",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "Event",
    "ExportFailedError",
    "ExportUnfinishedError",
    "Gateway",
    "GatewayTimedOutError",
    "GuardrailError",
    "InvalidBatchError",
    "JournalError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PagingError",
    "PermissionDeniedError",
    "Portkey",
    "PortkeyError",
    "RateLimitError",
    "RawResponse",
    "RequestRefusedError",
    "Retry",
    "ServerError",
    "SocketClosedError",
    "Stream",
    "StreamFailedError",
    "StreamTruncatedError",
    "TimedOutError",
    "TransferError",
    "UnprocessableError",
    "__version__",
]
