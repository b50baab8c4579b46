"""What a call raises."""


class MnemonError(Exception):
    """The service refused a call or could not be reached.

    `status`: HTTP's, None without an answer. `code`: the service's name for it. `fields`: field of the request → what is
    wrong with it. `request_id`: finds the request in the service's logs.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        fields: dict[str, str] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = fields or {}
        self.request_id = request_id


class InvalidRequestError(MnemonError):
    """Something in the request is wrong (400, 413, 415, 422)."""


class NotAllowedError(MnemonError):
    """The key is missing, wrong, or may not do this (401, 403)."""


class NotFoundError(MnemonError):
    """There is nothing with this id in this memory (404)."""


class ConflictError(MnemonError):
    """The request contradicts an earlier one (409)."""


class UnavailableError(MnemonError):
    """No answer, or one that says to come back later (429, 5xx), after all tries."""


class OperationFailedError(MnemonError):
    """An operation that was waited for has failed; `code` is its error class."""
