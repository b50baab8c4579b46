"""HTTP/1.1 for uvicorn that ignores offers to switch protocols, as RFC 9110 §7.8 allows.

httptools ends a request that offers an upgrade (`Upgrade: h2c`, which Java's HttpClient and `curl --http2` send with every
request) at its headers and never reads its body. Such a request is parsed again without the offer.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER = (b"upgrade", b"http2-settings")


class UpgradeIgnoringProtocol(HttpToolsProtocol):
    """Needs `ws="none"`: WebSockets would be refused here."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self.parser.get_method() == b"CONNECT":
                    self.send_400_response("CONNECT is not supported: this server is no proxy.")
                    return
                (end_of_headers,) = upgrade.args
                data = self._without_offer() + data[end_of_headers:]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own parser
            except httptools.HttpParserError:
                message = "Invalid HTTP request received."
                self.logger.warning(message)
                self.send_400_response(message)
                return
            else:
                return

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _without_offer(self) -> bytes:
        """The head of the request just read, without the headers that make the offer."""
        version = self.parser.get_http_version().encode()
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name in _OFFER:
                continue
            if name == b"connection":
                kept = [option for option in value.split(b",") if option.strip().lower() not in _OFFER]
                if not kept:
                    continue
                value = b",".join(kept).strip()  # noqa: PLW2901 - the header without the offer
            head += [name, b": ", value, b"\r\n"]
        return b"".join([*head, b"\r\n"])
