"""Classifying the exception that ended an operation."""

from app.domain.errors import InvalidInput, MnemonError, ModelRefused, Unavailable
from app.domain.operations import FailureClass, OperationError

_REASON_CHARACTERS = 500


def failure_of(error: Exception) -> OperationError:
    """Classify the error. TRANSPORT failures are retried without limit, other classes only a few times."""
    if isinstance(error, Unavailable | OSError):
        failure = FailureClass.TRANSPORT
    elif isinstance(error, ModelRefused):
        failure = FailureClass.MODEL
    elif isinstance(error, InvalidInput):
        failure = FailureClass.DATA
    else:
        failure = FailureClass.INTERNAL
    text = error.message if isinstance(error, MnemonError) else str(error)
    return OperationError(reason=f"{type(error).__name__}: {text}"[:_REASON_CHARACTERS], failure_class=failure)
