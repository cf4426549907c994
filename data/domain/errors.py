"""Errors of the business. A message names the place and the remedy, never what a customer said."""


class VocError(Exception):
    """Base of all expected errors; `code` is stable and is what callers match on."""

    code = "error"


class InvalidInputError(VocError):
    """Something handed in cannot be used."""

    code = "invalid_input"


class UnknownFormatError(InvalidInputError):
    """No reader recognises the shape of a file."""

    code = "unknown_format"


class NotFoundError(VocError):
    """What was asked for is not stored."""

    code = "not_found"


class ConflictError(VocError):
    """The request contradicts what is stored."""

    code = "conflict"


class UnavailableError(VocError):
    """Something the product needs (a model, the database, disk space) is missing or busy."""

    code = "unavailable"
