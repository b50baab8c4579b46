"""What an exception means for the operation that it ended."""

from app.domain.errors import InvalidInput, MnemonError, ModelRefused, Unavailable
from app.domain.operations import FailureClass, OperationError
from app.observability.logs import place_of

_REASON_CHARACTERS = 500


def failure_of(error: Exception) -> OperationError:
    """Why it failed, for the operation's record: the class decides whether trying again can help without end."""
    if isinstance(error, Unavailable | OSError):
        failure = FailureClass.TRANSPORT
    elif isinstance(error, ModelRefused):
        failure = FailureClass.MODEL
    elif isinstance(error, InvalidInput):
        failure = FailureClass.DATA
    else:
        failure = FailureClass.INTERNAL
    # The text of an exception that is not ours may quote what users said.
    reason = f"{type(error).__name__}: {error.message}" if isinstance(error, MnemonError) else place_of(error)
    return OperationError(reason=reason[:_REASON_CHARACTERS], failure_class=failure)
