"""Captions of raw data for which none was written."""

CAPTION_CHARACTERS = 240


def caption_of(
    *, caption: str | None, speaker: str | None, title: str | None, text: str, window: str | None = None
) -> str:
    """The stored caption, else what the messages around it are about (`window`), who said it or what it is called, and its
    beginning.
    """
    if caption:
        return caption
    head = f"{speaker}: " if speaker else f"{title}: " if title else ""
    body = " ".join(text.split())
    if len(body) > CAPTION_CHARACTERS:
        body = body[:CAPTION_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return f"{window}\n\n{head}{body}" if window else head + body
