"""What browsers say of what goes wrong, as errors of ours, with what to do: one table for all engines."""

from __future__ import annotations

import re

from maestro_fabric.errors import ConfigError, LocatorError, MaestroError, TransportError

__all__ = ["advise"]

_ADVICE: tuple[tuple[re.Pattern[str], type[MaestroError], str], ...] = (
    (
        re.compile(r"ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED|ECONNREFUSED|Could not connect"),
        TransportError,
        "nothing listens there: is the service running?",
    ),
    (re.compile(r"ERR_NAME_NOT_RESOLVED|NS_ERROR_UNKNOWN_HOST|ENOTFOUND|EAI_AGAIN"), TransportError, "the host's name is unknown"),
    (
        re.compile(r"ERR_CERT|SSL_ERROR|self.signed certificate"),
        TransportError,
        "the certificate is not trusted: browser.ignore_https_errors: true",
    ),
    (re.compile(r"net::ERR_|NS_ERROR_|ECONNRESET|socket hang up|ETIMEDOUT"), TransportError, ""),
    (re.compile(r"Timeout \d+ms exceeded"), TransportError, ""),
    (
        re.compile(r"while parsing (css )?selector|is not a valid (selector|XPath)|Unknown engine|Malformed selector"),
        LocatorError,
        "the locator cannot be read",
    ),
    (re.compile(r"Cannot navigate to invalid URL|Invalid URL"), ConfigError, "the address cannot be read"),
    (re.compile(r"Target crashed|Page crashed"), TransportError, "the page crashed"),
)

# The same said in different words.
_SAID = (
    (re.compile(r"^(net::ERR_\w+) at .*", re.DOTALL), r"\1"),
    (re.compile(r"^Element is not an <input>.*", re.DOTALL), "the element is no field that can be filled"),
    # A script of the file's own: where the engine evaluates it helps nobody.
    (re.compile(r"^(?:[A-Z]\w*)?Error: (.*?)\n +at .*", re.DOTALL), r"\1"),
)


def advise(text: str, message: str) -> MaestroError:
    """Our error for what an engine says.

    Args:
        text: All that it says.
        message: The part of it that a person is shown.
    """
    for said, plain in _SAID:
        message = said.sub(plain, message)
    for pattern, kind, advice in _ADVICE:
        if pattern.search(text):
            return kind(message + (f" ({advice})" if advice else ""))
    return MaestroError(message)
