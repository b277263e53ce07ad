"""Attachments become files among the evidence."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Callable, Sequence
from pathlib import Path

from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.cucumber.said import Attached
from maestro_fabric.model import Artifact, CaseId

__all__ = ["keep_attachments"]

_MAX_FILE_BYTES = 5_000_000
_MAX_ATTEMPT_BYTES = 20_000_000


def keep_attachments(
    attached: Sequence[Attached], artifacts: Path, case: CaseId, attempt: int, redact: Callable[[str], str]
) -> tuple[tuple[Artifact, ...], list[str]]:
    """Write what was attached; the files, and a line for everything that was too big.

    Args:
        attached: What to keep, in order.
        artifacts: The run's folder for evidence.
        case: Whose it is.
        attempt: The attempt's number, from 1.
        redact: Replaces secrets in texts.
    """
    evidence = Evidence(artifacts, case, attempt)
    left_out: list[str] = []
    left = _MAX_ATTEMPT_BYTES
    for number, each in enumerate(attached, 1):
        name = _file_name(each, number)
        content = _body(each)
        if len(content) > min(left, _MAX_FILE_BYTES):
            left_out.append(f"the attachment {name!r} of {len(content) / 1e6:.1f} MB is not kept: it is too big")
            continue
        left -= len(content)
        if _is_text(each.media_type):
            content = redact(content.decode("utf-8", "replace")).encode()
        evidence.keep("attachment", name).write_bytes(content)
    return evidence.written(), left_out


def _body(attached: Attached) -> bytes:
    try:
        return base64.b64decode(attached.content)
    except binascii.Error:
        return attached.content.encode()


def _file_name(attached: Attached, number: int) -> str:
    media_type = attached.media_type.partition(";")[0].strip()
    ending = mimetypes.guess_extension(media_type) or (".txt" if _is_text(media_type) else ".bin")
    name = attached.name or f"attachment-{number}"
    return name if Path(name).suffix else name + ending


def _is_text(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip()
    return plain.startswith("text/") or plain.endswith(("json", "xml", "yaml"))
