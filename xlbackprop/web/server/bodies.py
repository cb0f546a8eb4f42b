"""What is sent to the server: read within limits of size and time, never more than that in memory.

The text of a spec, where there is one, stands before the workbook's bytes; `spec_bytes` in the
address says how long it is. There are no multipart forms, whose readers keep what they get.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from xlbackprop.web.server.crew import BusyError

MOST_BYTES = 25_000_000
# In all that is being sent at a time.
_MOST_HELD = 400_000_000
SECONDS = 20.0


@dataclass
class Bodies:
    """Reads bodies; `held` bytes of those that are not done with are in memory now."""

    most: int = MOST_BYTES
    seconds: float = SECONDS
    most_held: int = _MOST_HELD
    held: int = 0

    async def read(self, request: Request) -> bytearray:
        """Return a body, which the caller gives back with `done`.

        Raises HTTPException 413 where it is too large, 408 where it comes too slowly,
        and BusyError.
        """
        declared = request.headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()):
            raise HTTPException(400)
        if int(declared[:20]) > self.most:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self.seconds):
                await self._fill(body, request)
        except BaseException as error:
            self.done(body)
            if isinstance(error, TimeoutError):
                text = f"the file took more than {self.seconds:g} seconds to arrive"
                raise HTTPException(408, text, {"Connection": "close"}) from None
            if isinstance(error, ClientDisconnect):
                raise HTTPException(400) from None
            raise
        return body

    async def _fill(self, body: bytearray, request: Request) -> None:
        async for chunk in request.stream():
            if len(body) + len(chunk) > self.most:
                raise self._too_large()
            if self.held + len(chunk) > self.most_held:
                raise BusyError
            body += chunk
            self.held += len(chunk)

    def done(self, body: bytearray) -> None:
        """Give back what a body took."""
        self.held -= len(body)
        body.clear()

    def _too_large(self) -> HTTPException:
        text = f"the file is larger than the {self.most // 1_000_000} MB that may be sent"
        return HTTPException(413, text, {"Connection": "close"})
