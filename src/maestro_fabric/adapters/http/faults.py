"""urllib3's errors as ours, in one table."""

from __future__ import annotations

from urllib3 import exceptions as u

from maestro_fabric.errors import ConfigError, MaestroError, TransportError

__all__ = ["HttpFaults"]

_ADVICE: tuple[tuple[type[Exception], type[MaestroError], str], ...] = (
    (u.NameResolutionError, TransportError, "the host's name is unknown"),
    (u.NewConnectionError, TransportError, "nothing listens there: is the service running?"),
    (u.ConnectTimeoutError, TransportError, "nobody answered in time: is the host right, and reachable from here?"),
    (u.ReadTimeoutError, TransportError, "the answer did not come in time: give the step a longer within, or find what hangs"),
    (u.SSLError, TransportError, "the certificate is not trusted: http.verify names a file with the right one, or is false"),
    (u.ProtocolError, TransportError, "the server ended the connection before its answer"),
    (u.LocationValueError, ConfigError, "the address cannot be read"),
    (u.DecodeError, TransportError, "the answer's encoding is not what its header says"),
    (u.HTTPError, TransportError, ""),
)


class HttpFaults:
    """How errors of the calls are read; an http suite has no page, so nothing is ambiguous or closed."""

    errors: tuple[type[Exception], ...] = (u.HTTPError,)
    timeouts: tuple[type[Exception], ...] = (u.TimeoutError,)

    def translate(self, exc: Exception) -> MaestroError:
        """Our error for one of urllib3's, with what to do."""
        for kind, ours, advice in _ADVICE:
            if isinstance(exc, kind):
                return ours(f"{_reason(exc)} ({advice})" if advice else _reason(exc))
        return MaestroError(str(exc))

    def is_ambiguous(self, exc: Exception) -> bool:
        """Never."""
        return False

    def is_closed(self, exc: Exception) -> bool:
        """Never: a lost connection is opened anew by the next call."""
        return False

    def is_in_between(self, exc: Exception) -> bool:
        """Never."""
        return False

    def reason_not_ready(self, exc: Exception) -> str | None:
        """Nothing has to become ready."""
        return None


def _reason(exc: Exception) -> str:
    """Urllib3's words without its objects: ``HTTPConnection(host=…): Failed to …`` is ``Failed to …``."""
    text = str(exc)
    return text.partition("): ")[2] or text
